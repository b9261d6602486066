//! What to answer to a notification.

use http::{Response, StatusCode};

use super::Matched;

/// The seven bytes by which a notification is acknowledged (grade V). Anything else makes the
/// provider send it again, 11 times in all, without a pause and possibly in parallel.
pub const SUCCEED: &str = "succeed";

/// What to answer to a notification. There are two answers and no more: the sender cannot tell a
/// wrong signature from a wrong order.
///
/// Answer within 5 seconds (grade V), and [`Accepted`](Answer::Accepted) only once the outcome
/// and its [`DedupKey`](super::DedupKey) are stored, together. A refused message is not
/// acknowledged, so that a genuine one comes again while its cause is looked for.
///
/// ```
/// use sanspay_core::checkout::{Answer, Matched, Refusal};
/// let refused: Result<Matched, Refusal> = Err(Refusal::WrongAmount);
/// assert_eq!(Answer::to(&refused).body(), "refused");
/// assert_eq!(Answer::Accepted.response().body(), b"succeed");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// 200 and [`SUCCEED`].
    Accepted,
    /// 400 and one text for every reason.
    Refused,
}

impl Answer {
    /// The answer to a message that was compared with its order. That it is signed is not enough:
    /// only a [`Matched`] one is acknowledged.
    ///
    /// ```compile_fail,E0308
    /// # fn handle(verifier: &sanspay_core::checkout::Verifier, body: &[u8]) {
    /// let signed_only = verifier.notification(body);
    /// sanspay_core::checkout::Answer::to(&signed_only);
    /// # }
    /// ```
    pub fn to<E>(result: &Result<Matched, E>) -> Self {
        match result {
            Ok(_) => Self::Accepted,
            Err(_) => Self::Refused,
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Accepted => StatusCode::OK,
            Self::Refused => StatusCode::BAD_REQUEST,
        }
    }

    /// The body.
    pub fn body(self) -> &'static str {
        match self {
            Self::Accepted => SUCCEED,
            Self::Refused => "refused",
        }
    }

    /// The whole response, as `text/plain`.
    pub fn response(self) -> Response<Vec<u8>> {
        let mut response = Response::new(self.body().as_bytes().to_vec());
        *response.status_mut() = self.status();
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }
}
