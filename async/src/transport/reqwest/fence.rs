//! The last look at the time before a request is written: from inside its body, because reqwest
//! lets nobody stand around a connection.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body as it is where the request has no fence; otherwise one that refuses to be read too
/// late. hyper reads it before it writes the head, unless the head has hundreds of kilobytes.
pub(super) fn around(body: Vec<u8>, send_within: Option<Duration>) -> reqwest::Body {
    match send_within {
        None => body.into(),
        Some(left) => reqwest::Body::wrap(Fenced {
            body: Some(body.into()).filter(|body: &Bytes| !body.is_empty()),
            left,
            began: (Instant::now(), SystemTime::now()),
        }),
    }
}

struct Fenced {
    /// Until it is read.
    body: Option<Bytes>,
    left: Duration,
    /// By two clocks: the one stands still while the machine sleeps, the other one jumps.
    began: (Instant, SystemTime),
}

impl Fenced {
    fn is_too_late(&self) -> bool {
        let (monotonic, wall) = self.began;
        monotonic.elapsed() >= self.left || wall.elapsed().is_ok_and(|passed| passed >= self.left)
    }
}

impl Body for Fenced {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let Some(body) = self.body.take() else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(if self.is_too_late() {
            Err(TooLate)
        } else {
            Ok(Frame::data(body))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.as_ref().map_or(0, |body| body.len() as u64))
    }
}

/// The time by which the request had to be sent passed before its first byte was written.
#[derive(Debug)]
pub(super) struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time by which the request had to be sent has passed")
    }
}

impl std::error::Error for TooLate {}
