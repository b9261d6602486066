//! What was logged on this thread, as text.
//!
//! One subscriber serves the whole process and writes to the thread's own log: with one for each
//! test, a span that another test's thread meets first could be held for disabled everywhere.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use tokio::task::yield_now;
use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread that it is used on.
struct OfThisThread;

impl io::Write for OfThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log of this thread, from where it begins.
pub(crate) struct Log(());

impl Log {
    pub(crate) fn begin() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::INFO)
                .with_span_events(FmtSpan::CLOSE)
                .with_ansi(false)
                .with_writer(|| OfThisThread)
                .init();
        });
        WRITTEN.take();
        Self(())
    }

    #[expect(
        clippy::unused_self,
        reason = "there is a text only where a log has begun"
    )]
    pub(crate) fn text(&self) -> String {
        String::from_utf8(WRITTEN.with_borrow(Vec::clone)).unwrap()
    }

    /// Lets other tasks go on until it is logged.
    pub(crate) async fn says(&self, expected: &str) {
        while !self.text().contains(expected) {
            yield_now().await;
        }
    }
}
