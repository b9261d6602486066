//! Where a client takes the time from.

use std::time::{Duration, SystemTime};

/// The time of an adapter's client: the system's by default, a test's own in a test.
///
/// The time limit of a request on its way belongs to the transport, whatever the clock.
///
/// ```
/// use std::sync::Mutex;
/// use std::time::{Duration, SystemTime};
/// use sanspay_core::Clock;
///
/// struct Virtual(Mutex<SystemTime>);
/// impl Clock for Virtual {
///     fn now(&self) -> SystemTime {
///         *self.0.lock().unwrap()
///     }
///     fn skip(&self, delay: Duration) -> bool {
///         *self.0.lock().unwrap() += delay;
///         true
///     }
/// }
/// ```
pub trait Clock: Send + Sync {
    /// The wall clock. It may jump in either direction.
    fn now(&self) -> SystemTime;

    /// Lets the delay before the next attempt pass at once, in virtual time. `false`: the adapter
    /// sleeps. Where a call waits for another one that fetches the token, it waits to be woken and
    /// does not ask.
    fn skip(&self, _delay: Duration) -> bool {
        false
    }
}
