//! The machine that takes one [`Endpoint`](crate::Endpoint) from the first byte to its result, without IO.
//!
//! ```text
//!                 ┌─────────────── 401, once ──────────────┐
//!                 ▼                                        │
//! poll ──▶ ┌───────────┐  live token   ┌──────┐  Send   ┌──┴────────┐  reply   ┌───────┐
//!          │ authorize │──────────────▶│ call │────────▶│ in flight │─────────▶│ ended │─▶ Done
//!          └─┬───▲───┬─┘               └──────┘         └──┬────────┘          └───────┘
//!            │   │   │ nobody fetches      ▲               │ failed, may be       ▲
//!       Wait │   │   ▼                     │               ▼ repeated             │
//!            │   │ ┌───────┐  obtained     │            ┌───────┐                 │
//!   somebody │   │ │ fetch │───────────────┘            │ pause │─▶ Wait ─▶ authorize
//!    fetches ▼   │ └───────┘─▶ Send, in flight, pause   └───────┘                 │
//!        ┌───────┴┐                                                               │
//!        │ follow │            the deadline ends every state ─────────────────────┘
//!        └────────┘
//! ```
//!
//! Calls at the wrong time are harmless: polling while a request is in flight returns a
//! [`Step::Wait`] and never sends again, a reply that nobody waits for is ignored, polling early
//! returns what is left of the wait. An exchange that is dropped while it fetches the token hands
//! that duty to one of the others.
//!
//! One call through every state, with the clock in our hands:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use http::Response;
//! use sanspay_core::exchange::Step;
//! use sanspay_core::partner::{FetchToken, ListPayments};
//! use sanspay_core::{Api, BaseUrl, Credentials, Session, Settings};
//!
//! let api = Api::new(BaseUrl::new("https://api.example.com")?);
//! let credentials = Credentials::new("key", "secret")?;
//! let session = Session::new(api, FetchToken::new(credentials), Settings::default());
//! let answer = |status, body: &str| {
//!     Ok(Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap())
//! };
//! let token = |name| answer(200, &format!(r#"{{"access_token":"{name}","expires_in":3600}}"#));
//! let mut now = SystemTime::UNIX_EPOCH;
//!
//! let mut first = session.exchange(ListPayments::new());
//! let mut second = session.exchange(ListPayments::new());
//!
//! // authorize → fetch: nobody has a token, so the first caller fetches it for all.
//! let Step::Send(request) = first.poll(now) else { panic!() };
//! assert_eq!(request.uri().path(), "/partner/auth/token");
//! // in flight: polling again never sends again.
//! assert!(matches!(first.poll(now), Step::Wait(_)));
//! // follow: the second caller waits for the same token.
//! assert!(matches!(second.poll(now), Step::Wait(wait) if wait.may_end_early()));
//!
//! // obtained → call: both go on with it.
//! first.reply(now, token("one"));
//! let Step::Send(request) = second.poll(now) else { panic!() };
//! assert_eq!(request.headers()["authorization"], "Bearer one");
//! assert!(matches!(first.poll(now), Step::Send(_)));
//!
//! // in flight → pause: the server is overloaded, and listing may be repeated.
//! first.reply(now, answer(503, ""));
//! let Step::Wait(wait) = first.poll(now) else { panic!() };
//! now += wait.delay();
//! assert!(matches!(first.poll(now), Step::Send(_)));
//!
//! // 401, once: the token was revoked; it is renewed and the request repeated.
//! first.reply(now, answer(401, ""));
//! assert!(matches!(first.poll(now), Step::Send(token) if token.method() == "POST"));
//! first.reply(now, token("two"));
//! let Step::Send(request) = first.poll(now) else { panic!() };
//! assert_eq!(request.headers()["authorization"], "Bearer two");
//!
//! // ended
//! first.reply(now, answer(200, r#"{"data":[],"meta":{"current_page":1,"last_page":1}}"#));
//! let Step::Done(Ok(page)) = first.poll(now) else { panic!() };
//! assert!(page.items().is_empty());
//! // The deadline ends the other one, which nobody answered.
//! now += Duration::from_secs(31);
//! let Step::Done(Err(error)) = second.poll(now) else { panic!() };
//! assert_eq!(error.kind(), sanspay_core::ErrorKind::Deadline);
//! # Ok::<(), sanspay_core::Error>(())
//! ```

mod call;
mod machine;
#[cfg(test)]
mod model_tests;
mod outcome;
mod retry;
mod session;
mod shared_token;
mod span;
mod step;
#[cfg(test)]
mod tests;
mod token_store;

pub use call::Call;
pub use machine::Exchange;
pub use retry::{Failure, RetryDecision, RetryPolicy};
pub use session::{Idempotency, Session, Settings};
pub use shared_token::{LiveToken, TokenPolicy};
pub use span::Span;
pub use step::{Report, Step, Wait, outcome_of};
pub use token_store::{Seal, SharedToken, TOKEN_PREFIX, TOKEN_STORE_TIMEOUT};
