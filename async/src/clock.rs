//! The system's clock.

use std::time::{Instant, SystemTime};

use sanspay_core::Clock;

/// The system's clock, which never goes back here.
///
/// Otherwise a process that is suspended while the wall clock is set back could send after the time
/// by which it promised to have sent. So it is ahead of a wall clock that was set back, until the
/// process ends.
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
}
