//! The transport over reqwest: redirects are not followed, nothing is retried below the core,
//! bodies are bounded.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, header};
use reqwest::redirect::Policy;
use reqwest::{Client, retry};
use rustls::{ClientConfig, RootCertStore};
use sanspay_core::{Error, ErrorKind, Limits, TransportError};

use super::{Outcome, Sending};

/// A connection is reused for less than the 75 s after which NGINX closes an idle one by default.
const MAX_IDLE_AGE: Duration = Duration::from_secs(45);

/// The transport that a client has by default, with a pool of its own: for closures that stand
/// around it.
///
/// ```
/// use std::time::Duration;
/// use sanspay_async::{Client, over_reqwest};
///
/// let send = over_reqwest(Duration::from_secs(10))?;
/// let client = Client::builder()
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .transport(move |request| {
///         // Count, trace or record here.
///         send(request)
///     })
///     .build()?;
/// # Ok::<(), sanspay_core::Error>(())
/// ```
///
/// # Errors
/// When the TLS configuration is refused.
pub fn over_reqwest(
    connect_timeout: Duration,
) -> Result<impl Fn(Request<Vec<u8>>) -> Sending + Send + Sync + 'static, Error> {
    let client = client(connect_timeout).map_err(|source| {
        let detail = "the TLS configuration was refused";
        Error::new(ErrorKind::Invalid, "configure", detail).with_source(source)
    })?;
    Ok(move |request| -> Sending {
        let client = client.clone();
        Box::pin(async move { send(&client, request).await })
    })
}

fn client(connect_timeout: Duration) -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    // A configuration of our own: no provider that others install, or fail to, has a say.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(MAX_IDLE_AGE)
        .pool_max_idle_per_host(256)
        .build()?;
    Ok(client)
}

async fn send(client: &Client, mut request: Request<Vec<u8>>) -> Outcome {
    let most = Limits::of(&request).body;
    let takes_body = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH
    );
    if takes_body && request.body().is_empty() {
        // It would be sent without a length, which some servers refuse.
        request.headers_mut().insert(
            header::CONTENT_LENGTH,
            header::HeaderValue::from_static("0"),
        );
    }
    let request = reqwest::Request::try_from(request).map_err(TransportError::not_sent)?;
    let mut response = client.execute(request).await.map_err(transport_error)?;
    let mut body = Vec::new();
    // One byte over the limit is enough for the core to notice.
    while body.len() <= most {
        match response.chunk().await.map_err(lost)? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    let (parts, _) = Response::<reqwest::Body>::from(response).into_parts();
    Ok(Response::from_parts(parts, body))
}

/// Whether the request may have reached the server; in doubt it may. URLs are left out of the
/// error, because a query may hold customer data.
fn transport_error(error: reqwest::Error) -> TransportError {
    if error.is_builder() || (error.is_connect() && !is_alert(&error)) {
        return TransportError::not_sent(error.without_url());
    }
    lost(error)
}

fn lost(error: reqwest::Error) -> TransportError {
    TransportError::maybe_sent(error.without_url())
}

/// A TLS alert may come after the request was written.
fn is_alert(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(tls, Some(rustls::Error::AlertReceived(_))) {
            return true;
        }
        source = cause.source();
    }
    false
}
