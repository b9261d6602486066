//! Where the client's time comes from.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The client's time. The system's by default; a test that puts its own in its place needs
/// neither sleeps nor patience.
///
/// ```
/// use std::sync::Mutex;
/// use std::time::{Duration, SystemTime};
/// use sanspay_blocking::Clock;
///
/// struct Virtual(Mutex<SystemTime>);
/// impl Clock for Virtual {
///     fn now(&self) -> SystemTime {
///         *self.0.lock().unwrap()
///     }
///     fn sleep(&self, delay: Duration) {
///         *self.0.lock().unwrap() += delay;
///     }
/// }
/// ```
pub trait Clock: Send + Sync {
    /// The wall clock. It may jump in either direction.
    fn now(&self) -> SystemTime;

    /// Sleeps before the next attempt. Waiting for another call that fetches the token is no
    /// sleep: there the client waits to be woken.
    fn sleep(&self, delay: Duration);
}

/// The system's clock.
///
/// It never goes back, or a process that is suspended while the wall clock is set back could send
/// after the time by which it promised to have sent. So it is ahead of a wall clock that was set
/// back, until the process ends.
pub(crate) struct SystemClock {
    began: (Instant, SystemTime),
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        Self {
            began: (Instant::now(), SystemTime::now()),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        let (monotonic, wall) = self.began;
        SystemTime::now().max(wall + monotonic.elapsed())
    }

    fn sleep(&self, delay: Duration) {
        thread::sleep(delay);
    }
}

/// Virtual time: a sleep lets it pass at once.
#[cfg(feature = "testing")]
impl Clock for sanspay_core::testing::World {
    fn now(&self) -> SystemTime {
        self.now()
    }

    fn sleep(&self, delay: Duration) {
        self.sleep(delay);
    }
}
