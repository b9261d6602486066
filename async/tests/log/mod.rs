//! What was logged on this thread, as text.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::task::yield_now;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) struct Log {
    buffer: Buffer,
    _until_dropped: DefaultGuard,
}

impl Log {
    pub(crate) fn begin() -> Self {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Self {
            buffer,
            _until_dropped: set_default(subscriber),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.buffer.0.lock().unwrap().clone()).unwrap()
    }

    /// Lets other tasks go on until it is logged.
    pub(crate) async fn says(&self, expected: &str) {
        while !self.text().contains(expected) {
            yield_now().await;
        }
    }
}
