//! Any tower service over HTTP requests as a transport, with all layers around it.

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use sanspay_core::{Limits, NotSent, TransportError};
use tower_service::Service;

use super::{Outcome, Sending};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A [`Transport`](crate::Transport) over a tower service, with whatever layers are around it.
///
/// The service is cloned for each request, as tower asks for. If it fails with a
/// [`TransportError`], that says whether the request was sent; any other failure counts as perhaps
/// sent, unless the service was not ready. A layer that repeats requests asks
/// [`Limits::may_be_repeated`] first; the whole stack is bound to the
/// [contract](sanspay_core::transport), which `check_transport_async` of `sanspay-testkit` tries.
///
/// The time by which a request has to be sent ([`Limits::send_within`]) is looked at when the
/// service is ready, right before it is called; what the service does until it writes is its own.
///
/// ```
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use hyper::body::Bytes;
/// use sanspay_async::tower_transport;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let service = tower::service_fn(|request: Request<Full<Bytes>>| async {
///     Ok::<_, std::convert::Infallible>(Response::new(request.into_body()))
/// });
/// let transport = tower_transport(service);
/// let answer = transport(Request::new(b"echo".to_vec())).await.unwrap();
/// assert_eq!(answer.body(), b"echo");
/// # }
/// ```
pub fn tower_transport<S, B, R>(
    service: S,
) -> impl Fn(Request<Vec<u8>>) -> Sending + Send + Sync + 'static
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: From<Vec<u8>> + Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    move |request| {
        let service = service.clone();
        Box::pin(send(service, request))
    }
}

async fn send<S, B, R>(mut service: S, request: Request<Vec<u8>>) -> Outcome
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    B: From<Vec<u8>>,
    R: Body,
    R::Error: Into<BoxError>,
{
    let limits = Limits::of(&request);
    let began = (Instant::now(), SystemTime::now());
    poll_fn(|cx| service.poll_ready(cx))
        .await
        .map_err(|e| service_error(e, not_called))?;
    if is_too_late(began, limits.send_within) {
        let detail = "the time by which the request had to be sent has passed";
        return Err(not_called(detail.into()));
    }
    let response = service.call(request.map(B::from)).await;
    let response = response.map_err(|e| service_error(e, TransportError::maybe_sent))?;
    let (parts, body) = response.into_parts();
    let mut body = pin!(body);
    let mut received = Vec::new();
    // One byte over the limit is enough for the core to notice.
    while received.len() <= limits.body {
        let Some(frame) = body.frame().await else {
            break;
        };
        if let Ok(mut data) = frame.map_err(TransportError::maybe_sent)?.into_data() {
            while data.has_remaining() {
                let chunk = data.chunk();
                received.extend_from_slice(chunk);
                let read = chunk.len();
                data.advance(read);
            }
        }
    }
    Ok(Response::from_parts(parts, received))
}

/// By two clocks: the one stands still while the machine sleeps, the other one jumps.
fn is_too_late(began: (Instant, SystemTime), send_within: Option<Duration>) -> bool {
    let (monotonic, wall) = began;
    send_within.is_some_and(|left| {
        monotonic.elapsed() >= left || wall.elapsed().is_ok_and(|passed| passed >= left)
    })
}

/// The service was not called, so it cannot have sent anything.
fn not_called(error: BoxError) -> TransportError {
    TransportError::not_sent(NotSent::proven(), error)
}

/// A service that knows better says so by failing with a [`TransportError`]; a service that was
/// not ready was not called; any other failure leaves open whether the request was sent.
fn service_error(
    error: impl Into<BoxError>,
    otherwise: fn(BoxError) -> TransportError,
) -> TransportError {
    match error.into().downcast::<TransportError>() {
        Ok(known) => *known,
        Err(other) => otherwise(other),
    }
}
