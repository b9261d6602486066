//! How far a request came is told by who failed, whatever the error is.

use std::io::{self, ErrorKind as Kind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::{AlertDescription, CertificateError, InvalidMessage};
use ureq::config::Config;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::*;

/// Who fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Connecting,
    Sending,
    Receiving,
    /// Connecting for the second time, to where a redirect leads.
    ConnectingAgain,
}

/// A network that fails in one place.
#[derive(Debug)]
struct Fails {
    place: Place,
    error: fn() -> Error,
    connections: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Connection {
    place: Place,
    error: fn() -> Error,
    buffers: LazyBuffers,
}

impl<In: Transport> Connector<In> for Fails {
    type Out = Connection;

    fn connect(
        &self,
        _details: &ConnectionDetails<'_>,
        _chained: Option<In>,
    ) -> Result<Option<Connection>, Error> {
        let before = self.connections.fetch_add(1, Ordering::Relaxed);
        let fails = match self.place {
            Place::Connecting => true,
            Place::ConnectingAgain => before > 0,
            Place::Sending | Place::Receiving => false,
        };
        if fails {
            return Err((self.error)());
        }
        Ok(Some(Connection {
            place: self.place,
            error: self.error,
            buffers: LazyBuffers::new(1024, 1024),
        }))
    }
}

const REDIRECT: &[u8] =
    b"HTTP/1.1 303 See Other\r\nlocation: http://127.0.0.1:2/\r\ncontent-length: 0\r\n\r\n";

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, _amount: usize, _timeout: NextTimeout) -> Result<(), Error> {
        match self.place {
            Place::Sending => Err((self.error)()),
            _ => Ok(()),
        }
    }

    fn await_input(&mut self, _timeout: NextTimeout) -> Result<bool, Error> {
        if self.place != Place::ConnectingAgain {
            return Err((self.error)());
        }
        self.buffers.input_append_buf()[..REDIRECT.len()].copy_from_slice(REDIRECT);
        self.buffers.input_appended(REDIRECT.len());
        Ok(true)
    }

    fn is_open(&mut self) -> bool {
        true
    }
}

/// A payout to a network that fails there, with redirects switched on.
fn told(place: Place, error: fn() -> Error) -> TransportError {
    let tls = TlsConfig::builder().build().unwrap();
    let connections = Arc::default();
    let network = Fails {
        place,
        error,
        connections,
    };
    let config = Config::builder().proxy(None).max_redirects(5).build();
    let agent = Agent::with_parts(config, Watch(network), CachingResolver::default());
    let request = Request::post("http://127.0.0.1:1/").body(&b"{}"[..]);
    send(&agent, &tls, request.unwrap()).unwrap_err()
}

/// Errors of every kind that says something about connections, most of which both a connector and
/// a connection can return.
const ERRORS: [fn() -> Error; 24] = [
    || Error::Io(Kind::ConnectionRefused.into()),
    || Error::Io(Kind::ConnectionReset.into()),
    || Error::Io(Kind::ConnectionAborted.into()),
    || Error::Io(Kind::NotConnected.into()),
    || Error::Io(Kind::AddrNotAvailable.into()),
    || Error::Io(Kind::HostUnreachable.into()),
    || Error::Io(Kind::NetworkUnreachable.into()),
    || Error::Io(Kind::NetworkDown.into()),
    || Error::Io(Kind::BrokenPipe.into()),
    || Error::Io(Kind::UnexpectedEof.into()),
    || Error::Io(Kind::TimedOut.into()),
    || Error::Io(Kind::PermissionDenied.into()),
    || Error::Io(Kind::Other.into()),
    || Error::Io(io::Error::from_raw_os_error(92)),
    || {
        Error::Io(tls_error(rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure,
        )))
    },
    || {
        Error::Io(tls_error(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA,
        )))
    },
    || Error::Io(tls_error(CertificateError::UnknownIssuer.into())),
    || Error::Io(tls_error(InvalidMessage::InvalidContentType.into())),
    || Error::Tls("handshake"),
    || Error::HostNotFound,
    || Error::ConnectionFailed,
    || Error::Timeout(Timeout::Connect),
    || Error::Timeout(Timeout::Resolve),
    || {
        Error::Other(Box::new(tls_error(
            InvalidMessage::InvalidContentType.into(),
        )))
    },
];

fn tls_error(error: rustls::Error) -> io::Error {
    io::Error::other(error)
}

#[test]
fn an_error_of_the_connector_was_not_sent_and_of_a_connection_maybe_whatever_it_is() {
    for error in ERRORS {
        for (place, maybe) in [
            (Place::Connecting, false),
            (Place::Sending, true),
            (Place::Receiving, true),
            (Place::ConnectingAgain, true),
        ] {
            let told = told(place, error);
            assert_eq!(told.may_have_been_sent(), maybe, "{place:?}: {told:?}");
        }
    }
}

#[test]
fn the_cause_is_named_whoever_failed() {
    for place in [Place::Connecting, Place::Sending, Place::Receiving] {
        let problem = told(place, || {
            Error::Io(tls_error(CertificateError::UnknownIssuer.into()))
        })
        .tls_problem();
        assert_eq!(
            problem,
            Some(sanspay_tls::TlsProblem::ServerNotTrusted),
            "{place:?}"
        );
    }
}
