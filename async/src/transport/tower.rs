//! Any tower service over HTTP requests as a transport, with all layers around it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use sanspay_core::{Limits, NotSent, TransportError};
use tower_service::Service;

use super::{Outcome, Transport};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn over_service<S, B, R>(service: S) -> Arc<Transport>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: From<Vec<u8>> + Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    Arc::new(move |request| {
        let service = service.clone();
        Box::pin(send(service, request))
    })
}

async fn send<S, B, R>(mut service: S, request: Request<Vec<u8>>) -> Outcome
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    B: From<Vec<u8>>,
    R: Body,
    R::Error: Into<BoxError>,
{
    let most = Limits::of(&request).body;
    poll_fn(|cx| service.poll_ready(cx))
        .await
        .map_err(|e| service_error(e, not_called))?;
    let response = service.call(request.map(B::from)).await;
    let response = response.map_err(|e| service_error(e, TransportError::maybe_sent))?;
    let (parts, body) = response.into_parts();
    let mut body = pin!(body);
    let mut received = Vec::new();
    // One byte over the limit is enough for the core to notice.
    while received.len() <= most {
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
