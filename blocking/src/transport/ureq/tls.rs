//! TLS for ureq with a ready configuration, where ureq would build one of its own and panic on
//! what it does not like in it.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
    TransportAdapter,
};
use ureq::{Error, Timeout};

/// Wraps the connections to `https` URLs in TLS, and leaves the others as they are.
pub(super) struct TlsConnector(pub(super) Arc<ClientConfig>);

/// The handshake failed.
#[derive(Debug)]
struct HandshakeError(io::Error);

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else {
            return Ok(None);
        };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let mut sock = TransportAdapter::new(transport, Arc::clone(&details.current_time));
        sock.set_timeout(time_left(details));
        let mut conn = ClientConnection::new(Arc::clone(&self.0), server_name(details)?)
            .map_err(|error| handshake_failed(io::Error::other(error)))?;
        while conn.is_handshaking() {
            if let Err(error) = conn.complete_io(&mut sock) {
                let said = hung_up(&error).then(|| pending_alert(&mut conn, &mut sock));
                let error = said.flatten().map_or(error, io::Error::other);
                return Err(handshake_failed(error));
            }
        }
        let buffers = LazyBuffers::new(
            details.config.input_buffer_size(),
            details.config.output_buffer_size(),
        );
        let stream = StreamOwned { conn, sock };
        Ok(Some(Either::B(TlsTransport { buffers, stream })))
    }
}

/// What is left of the time for the connection, of which making it took some.
fn time_left(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    let now = (details.current_time)();
    if let (Duration::Exact(limit), Instant::Exact(began), Instant::Exact(now)) =
        (timeout.after, details.now, now)
    {
        let took = now.saturating_duration_since(began);
        timeout.after = Duration::Exact(limit.saturating_sub(took));
    }
    timeout
}

fn server_name(details: &ConnectionDetails<'_>) -> Result<ServerName<'static>, Error> {
    let host = details.uri.host().ok_or(Error::HostNotFound)?;
    // An IPv6 address stands in brackets in a URL and without them in a certificate.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare).map_err(|_| Error::HostNotFound)?;
    Ok(name.to_owned())
}

/// What ended a handshake; running out of time keeps ureq's own words for it.
fn handshake_failed(error: io::Error) -> Error {
    match error
        .get_ref()
        .and_then(|held| held.downcast_ref::<Error>())
    {
        Some(Error::Timeout(_)) => Error::Timeout(Timeout::Connect),
        _ => Error::Other(Box::new(HandshakeError(error))),
    }
}

/// Whether the server ended the connection while it was written to, which it may have explained.
/// After anything else nobody knows how long there would be nothing to read.
fn hung_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
    )
}

/// The alert with which the server ended the connection, if there is one; it says more than that
/// nothing could be written any more.
fn pending_alert(conn: &mut ClientConnection, sock: &mut impl Read) -> Option<rustls::Error> {
    conn.read_tls(sock).ok()?;
    conn.process_new_packets().err()
}

/// A connection with TLS around it.
pub(super) struct TlsTransport<In: Transport> {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter<In>>,
}

impl<In: Transport> Transport for TlsTransport<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        let written = self
            .stream
            .write_all(output)
            .and_then(|()| self.stream.flush());
        written.map_err(|error| {
            let StreamOwned { conn, sock } = &mut self.stream;
            let said = hung_up(&error).then(|| pending_alert(conn, sock));
            said.flatten().map_or(error, io::Error::other).into()
        })
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsConnector")
    }
}

impl<In: Transport> fmt::Debug for TlsTransport<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport")
            .field("chained", self.stream.sock.get_ref())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the TLS handshake failed: {}", self.0)
    }
}

impl std::error::Error for HandshakeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
