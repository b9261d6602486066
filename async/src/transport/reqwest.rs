//! The transport over reqwest: redirects are not followed, nothing is retried below the core,
//! bodies are bounded.

mod fence;
mod given_back;
mod pools;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use http::{Method, Request, Response, Uri, header};
use reqwest::Client;
use sanspay_core::{Error, Limits, NotSent, TransportError};
use sanspay_tls::{TlsConfig, problem_of};
use tokio::runtime::Handle;
use tokio::time;

use super::{Outcome, Sending, Transport};
use pools::Pools;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection, its TLS handshake included, may take this long to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The transport over reqwest, with a TLS configuration of yours. Cloning is cheap; all clones
/// share the connections and the configuration.
///
/// It may be used from several tokio runtimes, one after the other or at the same time: each has
/// connections of its own, because a connection stands still when the runtime that made it does.
/// The sixteen that came last keep their idle connections. Outside of a runtime nothing is sent.
///
/// Interim answers (1xx) without end are given up at the request's time limit. Over plain `http` a
/// server that floods a client with them keeps a thread of the runtime busy for up to a second at a
/// time, over TLS for far less.
///
/// A client has one by default, which trusts Mozilla's CAs and sends no certificate. Give it your
/// own for mutual TLS, and stand around it with a closure to count, trace or record:
///
/// ```
/// use sanspay_async::{Client, ReqwestTransport, TlsConfig, Transport};
///
/// let over_reqwest = ReqwestTransport::new(TlsConfig::builder().build()?)?;
/// let sending = over_reqwest.clone();
/// let client = Client::builder()
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .transport(move |request| {
///         // Count, trace or record here.
///         sending.send(request)
///     })
///     .build()?;
/// over_reqwest.reload_tls(TlsConfig::builder().build()?)?; // after a renewal
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ReqwestTransport(Arc<RwLock<Pools>>);

impl ReqwestTransport {
    /// A transport with connections of its own. Making one, its TLS handshake included, may take
    /// 10 s, within the call's deadline.
    ///
    /// # Errors
    /// When the TLS configuration is refused.
    pub fn new(tls: TlsConfig) -> Result<Self, Error> {
        Self::with_connect_timeout(CONNECT_TIMEOUT, tls)
    }

    /// Like [`new`](ReqwestTransport::new), where making a connection may take `connect_timeout`.
    ///
    /// # Errors
    /// When the TLS configuration is refused.
    pub fn with_connect_timeout(connect_timeout: Duration, tls: TlsConfig) -> Result<Self, Error> {
        let pools = Pools::new(connect_timeout, tls)?;
        Ok(Self(Arc::new(RwLock::new(pools))))
    }

    /// Makes all later connections, of every clone, with another configuration: for a client
    /// certificate that is renewed while the program runs. Calls in flight go on with the old one,
    /// whose idle connections are closed when the last of them has ended.
    ///
    /// # Errors
    /// When the TLS configuration is refused; the present one stays.
    pub fn reload_tls(&self, tls: TlsConfig) -> Result<(), Error> {
        let new = Pools::new(self.read().connect_timeout, tls)?;
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, new);
        drop(current);
        // Closing connections takes its time; nobody has to wait for the lock meanwhile.
        drop(old);
        Ok(())
    }

    /// The connections of the present runtime, and how they speak TLS.
    fn here(&self) -> Result<(Client, TlsConfig), BoxError> {
        let runtime = Handle::try_current()?.id();
        let pools = self.read();
        if let Some(client) = pools.of(runtime) {
            return Ok((client, pools.tls.clone()));
        }
        drop(pools);
        let mut pools = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Ok((pools.make_for(runtime)?, pools.tls.clone()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Pools> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It gives up at the request's [`Limits::time_left`].
impl Transport for ReqwestTransport {
    fn send(&self, request: Request<Vec<u8>>) -> Sending {
        let transport = self.clone();
        Box::pin(async move {
            let (client, tls) = transport.here().map_err(not_begun)?;
            let time_left = Limits::of(&request).time_left;
            let outcome = time::timeout(time_left, send(&client, &tls, request)).await;
            outcome.unwrap_or_else(|late| Err(TransportError::maybe_sent(late)))
        })
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
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
    let request = reqwest::Request::try_from(request).map_err(not_begun)?;
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

/// The request was not given to reqwest: it could not be built, or there is no runtime.
fn not_begun(error: impl Into<BoxError>) -> TransportError {
    TransportError::not_sent(NotSent::proven(), error)
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
