//! A request that was not written, because its new connection ended first.
//!
//! So it is where a server of TLS 1.3 refuses the client certificate: the client learns of it only
//! after its own handshake, and hyper, which reads the server's alert, keeps it to itself. Nothing
//! was sent, so it is safe to connect once more and listen.

use std::error::Error;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use sanspay_tls::rustls::pki_types::ServerName;
use sanspay_tls::{TlsConfig, TlsProblem, problem_of};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::TlsConnector;

/// How long is listened for an alert. A server that accepts the certificate says nothing, or sends
/// tickets and then nothing.
const LISTENING: Duration = Duration::from_secs(1);

/// Whether hyper gave the request back: it was never taken out of its queue. Should our hyper and
/// that of reqwest part, no type fits and the request counts as lost.
pub(super) fn was(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<hyper::Error>() {
            return error.is_canceled();
        }
        source = cause.source();
    }
    false
}

/// What the server has against us, as far as it tells.
pub(super) async fn why(tls: &TlsConfig, target: &Uri) -> Option<TlsProblem> {
    if target.scheme() != Some(&Scheme::HTTPS) {
        return None;
    }
    let listening = time::timeout(LISTENING, listen(tls, target));
    listening.await.ok().flatten()
}

async fn listen(tls: &TlsConfig, target: &Uri) -> Option<TlsProblem> {
    let host = target.host()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned()).ok()?;
    let stream = TcpStream::connect((bare, target.port_u16().unwrap_or(443))).await;
    let connector = TlsConnector::from(tls.rustls().clone());
    let heard = match connector.connect(name, stream.ok()?).await {
        Ok(mut stream) => stream.read_u8().await.map(drop),
        Err(error) => Err(error),
    };
    heard.err().and_then(|error| problem_of(&error))
}
