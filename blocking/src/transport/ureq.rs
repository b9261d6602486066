//! The transport over ureq: statuses are answers, redirects are not followed, bodies are bounded.

mod resolver;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
mod tls;
mod watch;

use std::fmt;
use std::io::Read;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Request, Response};
use sanspay_core::{Limits, TransportError};
use sanspay_tls::{TlsConfig, problem_of};
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, AsSendBody};

use super::{Outcome, Transport};
use resolver::CachingResolver;
use tls::TlsConnector;
use watch::{Watch, unsent};

/// A connection is reused for less than the 75 s after which NGINX closes an idle one by default.
const MAX_IDLE_AGE: Duration = Duration::from_secs(45);

/// As good as none: 136 years.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(u32::MAX as u64);

/// A connection, its TLS handshake included, may take this long to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The transport over ureq, with a TLS configuration of yours. Cloning is cheap; all clones share
/// the connections and the configuration.
///
/// A client has one by default, which trusts Mozilla's CAs and sends no certificate. Give it your
/// own for mutual TLS, and stand around it with a closure to count, trace or record:
///
/// ```
/// use sanspay_blocking::{Client, TlsConfig, Transport, UreqTransport};
///
/// let over_ureq = UreqTransport::new(TlsConfig::builder().build()?);
/// let sending = over_ureq.clone();
/// let client = Client::builder()
///     .base_url("https://api.example.com")
///     .credentials("key-id", "key-secret")
///     .transport(move |request| {
///         // Count, trace or record here.
///         sending.send(request)
///     })
///     .build()?;
/// over_ureq.reload_tls(TlsConfig::builder().build()?); // after a renewal
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
pub struct UreqTransport(Arc<Shared>);

struct Shared {
    connect_timeout: Duration,
    current: RwLock<(Agent, TlsConfig)>,
}

impl UreqTransport {
    /// A transport with connections of its own. Making one, its TLS handshake included, may take
    /// 10 s, within the call's deadline.
    pub fn new(tls: TlsConfig) -> Self {
        Self::with_connect_timeout(CONNECT_TIMEOUT, tls)
    }

    /// Like [`new`](UreqTransport::new), where making a connection may take `connect_timeout`.
    pub fn with_connect_timeout(connect_timeout: Duration, tls: TlsConfig) -> Self {
        let current = RwLock::new((agent(connect_timeout, &tls), tls));
        Self(Arc::new(Shared {
            connect_timeout,
            current,
        }))
    }

    /// Makes all later connections, of every clone, with another configuration: for a client
    /// certificate that is renewed while the program runs. Calls in flight go on with the old one,
    /// whose idle connections are closed when the last of them has ended.
    pub fn reload_tls(&self, tls: TlsConfig) {
        let agent = agent(self.0.connect_timeout, &tls);
        let current = self.0.current.write();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, (agent, tls));
        drop(current);
        // Closing connections takes its time; nobody has to wait for the lock meanwhile.
        drop(old);
    }
}

/// It gives up at the request's [`Limits::time_left`].
impl Transport for UreqTransport {
    fn send(&self, request: Request<Vec<u8>>) -> Outcome {
        let current = self.0.current.read();
        let (agent, tls) = current.unwrap_or_else(PoisonError::into_inner).clone();
        let (parts, body) = request.into_parts();
        let answer = if body.is_empty() && parts.method.is_safe() {
            // An empty slice would be announced with `content-length: 0`.
            send(&agent, &tls, Request::from_parts(parts, ()))
        } else {
            send(&agent, &tls, Request::from_parts(parts, body.as_slice()))
        };
        let mut response = answer?;
        tls.annotate(&mut response);
        Ok(response)
    }
}

impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UreqTransport")
    }
}

fn agent(connect_timeout: Duration, tls: &TlsConfig) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        // ureq adds it to a clock, which panics where the sum does not fit.
        .timeout_connect(Some(connect_timeout.min(LONGEST_TIMEOUT)))
        .max_idle_connections(256)
        .max_idle_connections_per_host(256)
        .max_idle_age(MAX_IDLE_AGE)
        .build();
    let connector = ().chain(TcpConnector::default());
    let connector = connector.chain(TlsConnector(tls.rustls().clone()));
    Agent::with_parts(config, Watch(connector), CachingResolver::default())
}

fn send(agent: &Agent, tls: &TlsConfig, request: Request<impl AsSendBody>) -> Outcome {
    let limits = Limits::of(&request);
    let request = agent
        .configure_request(request)
        .timeout_global(Some(limits.time_left.min(LONGEST_TIMEOUT)))
        .build();
    watch::begin(limits.send_within);
    let answer = agent.run(request).map_err(|e| transport_error(e, tls))?;
    let (parts, body) = answer.into_parts();
    let most = (limits.body as u64).saturating_add(1);
    let mut received = Vec::new();
    let read = body.into_reader().take(most).read_to_end(&mut received);
    read.map_err(TransportError::maybe_sent)?;
    Ok(Response::from_parts(parts, received))
}

/// How far the request came decides whether it may have been executed; what the error is only
/// explains it.
fn transport_error(error: ureq::Error, tls: &TlsConfig) -> TransportError {
    let problem = match &error {
        // ureq's errors do not tell their source.
        ureq::Error::Io(io) => problem_of(io),
        ureq::Error::Other(source) => problem_of(&**source),
        _ => None,
    };
    let failure = match unsent(&error) {
        Some(proof) => TransportError::not_sent(proof, error),
        None => TransportError::maybe_sent(error),
    };
    tls.explain(failure, problem)
}
