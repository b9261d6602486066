//! Checks in one line each, and the world as a transport.

use std::future::{Ready, ready};

use http::{Request, Response};

use super::World;
use super::trace::{Event, RequestEnd};
use crate::cassette::{is_found, is_placeholder};
use sanspay_core::transport::TransportError;
use sanspay_core::{Secret, Wire};

/// What came of a request, as a transport reports it.
type Outcome = Result<Response<Vec<u8>>, TransportError>;

impl World {
    /// How many requests the network saw since the trace began; those that were not sent do not
    /// count.
    pub fn requests(&self) -> usize {
        self.count(|_| true)
    }

    /// How many of them were for a token.
    pub fn token_requests(&self) -> usize {
        let wire = self.wire();
        let token = match wire.profile.leaves().said().next() {
            // A trace is in the assumed form.
            Some(_) => Wire::default().token,
            None => wire.token,
        };
        self.count(|target| target == token)
    }

    fn count(&self, is_meant: impl Fn(&str) -> bool) -> usize {
        let trace = self.trace();
        let events = trace.events().iter();
        let meant = events.filter(|event| match event {
            Event::Request { end, target, .. } => {
                *end != Some(RequestEnd::NotSent) && is_meant(target)
            }
            Event::Wait(_) | Event::Note(_) => false,
        });
        meant.count()
    }

    /// Asserts how many requests for a token there were since the trace began.
    ///
    /// # Panics
    /// When there were more or fewer, with the trace.
    #[track_caller]
    pub fn assert_token_requests(&self, expected: usize) {
        let seen = self.token_requests();
        assert_eq!(seen, expected, "requests for a token in\n{}", self.trace());
    }

    /// Asserts how many requests of any kind there were since the trace began.
    ///
    /// # Panics
    /// When there were more or fewer, with the trace.
    #[track_caller]
    pub fn assert_requests(&self, expected: usize) {
        assert_eq!(self.requests(), expected, "requests in\n{}", self.trace());
    }

    /// Asserts that what happened is what these lines say; see
    /// [`Trace::difference`](super::Trace::difference).
    ///
    /// # Panics
    /// When it is not, with the first difference and the trace.
    #[track_caller]
    pub fn assert_trace(&self, expected: &[&str]) {
        assert_eq!(self.trace().difference(expected), None);
    }

    /// Asserts that a text, such as a log or the `Debug` of an error, holds neither the keys nor
    /// a token that was sent, in any encoding.
    ///
    /// # Panics
    /// When it does; the text is not part of the message.
    #[track_caller]
    pub fn assert_no_secret_in(&self, text: &str) {
        let secrets: Vec<Secret> = {
            let inner = self.lock();
            let keys = [&inner.partner.key_id, &inner.partner.key_secret];
            let keys = keys.map(Secret::clone);
            // What a cassette gives out is no secret.
            let tokens = inner.tokens.iter().filter(|token| !is_placeholder(token));
            keys.into_iter()
                .chain(tokens.cloned().map(Secret::new))
                .collect()
        };
        assert!(!is_found(&secrets, text), "the text holds a key or a token");
    }

    /// The world as a blocking transport, for the client of an adapter.
    pub fn transport(&self) -> impl Fn(Request<Vec<u8>>) -> Outcome + Send + Sync + use<> {
        let world = self.clone();
        move |request| world.send(&request)
    }

    /// The world as an asynchronous transport, for the client of an adapter.
    pub fn async_transport(
        &self,
    ) -> impl Fn(Request<Vec<u8>>) -> Ready<Outcome> + Send + Sync + use<> {
        let world = self.clone();
        move |request| ready(world.send(&request))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use sanspay_core::partner::ListPayments;

    fn fails(check: impl FnOnce()) -> bool {
        catch_unwind(AssertUnwindSafe(check)).is_err()
    }

    #[test]
    fn each_check_fails_where_it_should() {
        let (world, client) = World::with_client().unwrap();
        client.call(ListPayments::new()).unwrap();
        world.assert_requests(2);
        world.assert_token_requests(1);
        world.assert_trace(&[
            "POST /partner/auth/token: 200",
            "GET /partner/payments: 200",
        ]);
        assert!(fails(|| world.assert_requests(1)) && fails(|| world.assert_token_requests(2)));
        assert!(fails(|| world.assert_trace(&["GET /partner/payments: 200"])));

        world.assert_no_secret_in(&format!("{world:?} {client:?} {}", world.trace()));
        let token = world.lock().tokens.first().cloned().unwrap();
        assert!(fails(
            || world.assert_no_secret_in(&format!("token={token}"))
        ));
        assert!(fails(
            || world.assert_no_secret_in("c2FuZGJveC1rZXktc2VjcmV0")
        ));
    }
}
