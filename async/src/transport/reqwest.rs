//! The transport over reqwest: redirects are not followed, nothing is retried below the core,
//! bodies are bounded.

mod fence;
mod given_back;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Method, Request, Response, Uri, header};
use reqwest::redirect::Policy;
use reqwest::{Client, retry};
use sanspay_core::{Error, ErrorKind, Limits, NotSent, TransportError};
use sanspay_tls::{TlsConfig, problem_of};

use super::{Outcome, Sending};

/// A connection is reused for less than the 75 s after which NGINX closes an idle one by default.
const MAX_IDLE_AGE: Duration = Duration::from_secs(45);

/// The transport that a client has by default: for closures that stand around it. Cloning is
/// cheap; all clones share the connections.
///
/// ```
/// use std::time::Duration;
/// use sanspay_async::{Client, ReqwestTransport, TlsConfig};
///
/// let tls = TlsConfig::builder().build()?;
/// let over_reqwest = ReqwestTransport::new(Duration::from_secs(10), tls)?;
/// let client = Client::builder()
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .transport(move |request| {
///         // Count, trace or record here.
///         over_reqwest.send(request)
///     })
///     .build()?;
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport(Arc<Shared>);

struct Shared {
    connect_timeout: Duration,
    current: RwLock<(Client, TlsConfig)>,
}

impl ReqwestTransport {
    /// A transport with a pool of its own. Making a connection, its TLS handshake included, may
    /// take `connect_timeout`.
    ///
    /// # Errors
    /// When the TLS configuration is refused.
    pub fn new(connect_timeout: Duration, tls: TlsConfig) -> Result<Self, Error> {
        let current = RwLock::new((client(connect_timeout, &tls)?, tls));
        Ok(Self(Arc::new(Shared {
            connect_timeout,
            current,
        })))
    }

    /// Makes all later connections with another configuration. Calls in flight go on with the old
    /// one, whose idle connections are closed when the last of them has ended.
    ///
    /// # Errors
    /// When the TLS configuration is refused; the present one stays.
    pub fn reload_tls(&self, tls: TlsConfig) -> Result<(), Error> {
        let client = client(self.0.connect_timeout, &tls)?;
        let current = self.0.current.write();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, (client, tls));
        drop(current);
        // Closing connections takes its time; nobody has to wait for the lock meanwhile.
        drop(old);
        Ok(())
    }

    /// Sends a request and reads its answer.
    pub fn send(&self, request: Request<Vec<u8>>) -> Sending {
        let current = self.0.current.read();
        let (client, tls) = current.unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { send(&client, &tls, request).await })
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}

fn client(connect_timeout: Duration, tls: &TlsConfig) -> Result<Client, Error> {
    let client = Client::builder()
        // No provider that others install, or fail to, has a say in a ready configuration.
        .tls_backend_preconfigured((**tls.rustls()).clone())
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(MAX_IDLE_AGE)
        .pool_max_idle_per_host(256)
        .build();
    client.map_err(|source| {
        let detail = "the TLS configuration was refused";
        Error::new(ErrorKind::Invalid, "configure", detail).with_source(source)
    })
}

async fn send(client: &Client, tls: &TlsConfig, mut request: Request<Vec<u8>>) -> Outcome {
    let Limits {
        body: most,
        send_within,
        ..
    } = Limits::of(&request);
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
    let target = request.uri().clone();
    let request = request.map(|body| fence::around(body, send_within));
    let request = reqwest::Request::try_from(request)
        .map_err(|error| TransportError::not_sent(NotSent::proven(), error))?;
    let mut response = match client.execute(request).await {
        Ok(response) => response,
        Err(error) => return Err(transport_error(error, tls, &target).await),
    };
    let mut body = Vec::new();
    // One byte over the limit is enough for the core to notice.
    while body.len() <= most {
        match response.chunk().await.map_err(lost)? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    let mut answer = Response::new(body);
    *answer.status_mut() = response.status();
    *answer.version_mut() = response.version();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    *answer.extensions_mut() = std::mem::take(response.extensions_mut());
    tls.annotate(&mut answer);
    Ok(answer)
}

/// How far the request came decides whether it may have been executed; what the error is only
/// explains it. URLs are left out of the error, because a query may hold customer data.
async fn transport_error(error: reqwest::Error, tls: &TlsConfig, target: &Uri) -> TransportError {
    let given_back = given_back::was(&error);
    let problem = match problem_of(&error) {
        None if given_back => Box::pin(given_back::why(tls, target)).await, // large and seldom
        problem => problem,
    };
    let error = error.without_url();
    let failure = match unsent(&error) {
        Some(proof) => TransportError::not_sent(proof, error),
        None => TransportError::maybe_sent(error),
    };
    tls.explain(failure, problem)
}

/// The proof that nothing was sent, if there is one: the connector failed, or hyper gave the
/// request back untouched.
fn unsent(error: &reqwest::Error) -> Option<NotSent> {
    (error.is_connect() || given_back::was(error)).then(NotSent::proven)
}

fn lost(error: reqwest::Error) -> TransportError {
    TransportError::maybe_sent(error.without_url())
}
