//! The transport over ureq: statuses are answers, redirects are not followed, bodies are bounded.

mod resolver;

use std::io::{self, Read};
use std::time::Duration;

use http::{Request, Response};
use sanspay_core::{Limits, TransportError};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, AsSendBody, Timeout};

use resolver::{CachingResolver, ResolveError};

/// A connection is reused for less than the 75 s after which NGINX closes an idle one by default.
const MAX_IDLE_AGE: Duration = Duration::from_secs(45);

/// The transport that a client has by default, with a pool of its own: for closures that stand
/// around it.
///
/// ```
/// use std::time::Duration;
/// use sanspay_blocking::{Client, over_ureq};
///
/// let send = over_ureq(Duration::from_secs(10));
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
pub fn over_ureq(
    connect_timeout: Duration,
) -> impl Fn(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> + Send + Sync {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(connect_timeout))
        .max_idle_connections(256)
        .max_idle_connections_per_host(256)
        .max_idle_age(MAX_IDLE_AGE)
        .build();
    let resolver = CachingResolver::default();
    let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
    move |request| {
        let (parts, body) = request.into_parts();
        if body.is_empty() && parts.method.is_safe() {
            // An empty slice would be announced with `content-length: 0`.
            send(&agent, Request::from_parts(parts, ()))
        } else {
            send(&agent, Request::from_parts(parts, body.as_slice()))
        }
    }
}

fn send(
    agent: &Agent,
    request: Request<impl AsSendBody>,
) -> Result<Response<Vec<u8>>, TransportError> {
    let limits = request.extensions().get::<Limits>().copied();
    let time_left = limits.map(|limits| limits.time_left);
    let request = agent
        .configure_request(request)
        .timeout_global(time_left)
        .build();
    let (parts, body) = agent.run(request).map_err(transport_error)?.into_parts();
    let most = limits
        .map_or(u64::MAX, |limits| limits.body as u64)
        .saturating_add(1);
    let mut received = Vec::new();
    let read = body.into_reader().take(most).read_to_end(&mut received);
    read.map_err(TransportError::maybe_sent)?;
    Ok(Response::from_parts(parts, received))
}

/// Whether the request may have reached the server; in doubt it may.
fn transport_error(error: ureq::Error) -> TransportError {
    use ureq::Error as E;
    #[allow(clippy::match_same_arms)] // One arm for each reason.
    let not_sent = match &error {
        E::HostNotFound | E::ConnectionFailed | E::ConnectProxyFailed(_) | E::InvalidProxyUrl => {
            true
        }
        // Refused by ureq itself, before any connection.
        E::BadUri(_) | E::Http(_) | E::RequireHttpsOnly(_) | E::Tls(_) | E::TlsRequired => true,
        E::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        E::Io(io) => io.kind() == io::ErrorKind::ConnectionRefused || is_handshake_failure(io),
        E::Other(source) => source.is::<ResolveError>(),
        _ => false,
    };
    if not_sent {
        TransportError::not_sent(error)
    } else {
        TransportError::maybe_sent(error)
    }
}

/// A server that we do not trust, or that speaks no TLS, never saw a byte of the request.
fn is_handshake_failure(error: &io::Error) -> bool {
    use rustls::Error as Tls;
    let tls = error
        .get_ref()
        .and_then(|source| source.downcast_ref::<Tls>());
    matches!(
        tls,
        Some(Tls::InvalidCertificate(_) | Tls::InvalidMessage(_) | Tls::PeerIncompatible(_))
    )
}
