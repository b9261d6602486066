//! TLS in front of the sandbox, which tells it about the client certificate as NGINX does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, header};
use sanspay_core::{Error, Problems};
use sanspay_tls::rustls::pki_types::pem::PemObject;
use sanspay_tls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sanspay_tls::rustls::server::WebPkiClientVerifier;
use sanspay_tls::rustls::{RootCertStore, ServerConfig};
use sanspay_tls::{Certificate, default_provider};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::TlsAcceptor;

use super::listener::{Handler, Sent, serve_http};

/// A client that does not finish its handshake is not waited for longer.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a refused client may take to read why.
const LINGER: Duration = Duration::from_secs(2);

/// The first byte of a TLS connection: a record of the handshake (RFC 8446, 5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// The TLS of a sandbox that listens: its certificate, and whether clients need one.
///
/// The sandbox finds the result in `X-SSL-Client-Verify` (`SUCCESS` or `NONE`) and
/// `X-SSL-Client-Fingerprint`, as from NGINX (grade D). Unlike NGINX, which answers with a page, it
/// refuses a client certificate in the handshake.
#[derive(Clone)]
pub struct ServerTls(Arc<ServerConfig>);

impl ServerTls {
    /// The server's certificate with its chain and its private key, both as PEM. With `client_ca`
    /// (PEM) clients must present a certificate that it issued.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](sanspay_core::ErrorKind::Invalid) with the part that is not
    /// understood.
    pub fn new(chain: &[u8], key: &[u8], client_ca: Option<&[u8]>) -> Result<Self, Error> {
        let provider = default_provider()
            .ok_or_else(|| invalid("provider", "needs the feature `ring` or `graviola`"))?;
        let versions = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid("provider", "speaks no TLS").with_source(error))?;
        let clients = match client_ca {
            None => versions.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(certificates("client_ca", pem)?);
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|e| invalid("client_ca", "is no CA").with_source(e))?;
                versions.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| invalid("key", "holds no private key"))?;
        let config = clients
            .with_single_cert(certificates("chain", chain)?, key)
            .map_err(|error| invalid("key", "and chain do not fit").with_source(error))?;
        Ok(Self::from_rustls(config))
    }

    /// A configuration of your own.
    pub fn from_rustls(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self(config.into())
    }
}

fn certificates(field: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| invalid(field, "holds no certificate"))
}

fn invalid(field: &'static str, reason: &'static str) -> Error {
    let mut problems = Problems::new();
    problems.add(field, reason);
    problems.into_error("configure TLS")
}

/// Serves one connection; the handshake is part of it, so that a slow one keeps nobody waiting.
pub(super) async fn serve_connection(stream: TcpStream, tls: ServerTls, handler: Arc<Handler>) {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first == [HANDSHAKE_RECORD] => {}
        Ok(1) => {
            return serve_http(stream, Arc::new(|_| Box::pin(async { Ok(plain_http()) }))).await;
        }
        _ => return,
    }
    let handshake = TlsAcceptor::from(tls.0).accept(stream).into_fallible();
    let stream = match time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err((_, refused))) => return linger(refused).await,
        Err(_) => return,
    };
    let (_, connection) = stream.get_ref();
    let leaf = connection.peer_certificates().and_then(<[_]>::first);
    let fingerprint = leaf
        .and_then(Certificate::from_der)
        .and_then(|leaf| HeaderValue::try_from(leaf.fingerprint()).ok());
    let verify = if leaf.is_some() { "SUCCESS" } else { "NONE" };
    let forward: Arc<Handler> = Arc::new(move |mut request: Request<Vec<u8>>| {
        let headers = request.headers_mut();
        // Whatever the client says about itself is replaced.
        headers.insert("x-ssl-client-verify", HeaderValue::from_static(verify));
        match &fingerprint {
            Some(known) => headers.insert("x-ssl-client-fingerprint", known.clone()),
            None => headers.remove("x-ssl-client-fingerprint"),
        };
        handler(with_https(request))
    });
    serve_http(stream, forward).await;
}

/// Ends a connection whose handshake was refused. A client of TLS 1.3 has written its request by
/// then; closed with that unread, the connection would be reset and the client might never see
/// the alert that says why.
async fn linger(mut stream: TcpStream) {
    let drain = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Whether the client heard it cannot be known anyway.
    let _ = time::timeout(LINGER, drain).await;
}

fn with_https(mut request: Request<Vec<u8>>) -> Request<Vec<u8>> {
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(http::uri::Scheme::HTTPS);
    if let Ok(uri) = http::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// NGINX's answer to plain HTTP on a TLS port.
fn plain_http() -> Response<Sent> {
    let problem = "The plain HTTP request was sent to HTTPS port";
    let page = format!(
        "<html>\r\n<head><title>400 {problem}</title></head>\r\n<body>\r\n\
         <center><h1>400 Bad Request</h1></center>\r\n<center>{problem}</center>\r\n\
         </body>\r\n</html>\r\n"
    );
    let mut response = Response::new(Sent::whole(page.into_bytes()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}
