//! One connection of the server: reads requests, and answers or hurts them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::case::{AUTHORIZATION, BODY, IDEMPOTENCY_KEY, TARGET};
use super::server::{ANSWER, Act, End, Shared, TICK};

/// After this a silent server hangs up, so that a transport without a time limit ends as well.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);
/// Far more than any transport reads ahead.
pub(super) const LONG: usize = 16 * 1024 * 1024;

pub(super) struct Connection {
    stream: TcpStream,
    shared: Arc<Shared>,
    /// The last request said `Connection: close`, which a server has to follow (RFC 9112, 9.6).
    is_last: bool,
}

/// Whether the connection goes on.
type GoesOn = bool;

impl Connection {
    pub(super) fn new(stream: TcpStream, shared: Arc<Shared>) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        let is_last = false;
        Ok(Self {
            stream,
            shared,
            is_last,
        })
    }

    pub(super) fn serve(mut self) -> io::Result<()> {
        while self.has_begun()? {
            let act = self.shared.arrived();
            if matches!(act, Act::Unread) {
                // Bytes that nobody read make the kernel reset it.
                return Ok(());
            }
            let altered = self.read_request()?;
            self.shared.executed(altered);
            if !self.perform(act)? || self.is_last {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits for the first byte of a request; `false` when there will be none.
    fn has_begun(&self) -> io::Result<bool> {
        loop {
            match self.stream.peek(&mut [0]) {
                Ok(read) => return Ok(read > 0),
                Err(error) if is_early(&error) && !self.shared.is_over() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads a request and says what is wrong with it.
    fn read_request(&mut self) -> io::Result<Option<&'static str>> {
        let mut received = Vec::new();
        let (head, announced, altered) = loop {
            self.read_more(&mut received)?;
            if let Some(read) = read_head(&received)? {
                break read;
            }
        };
        self.is_last = announced.closes;
        if announced.expects_continue {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let Some(length) = announced.length else {
            // Chunks, the last of which is empty.
            while !received.ends_with(b"0\r\n\r\n") {
                self.read_more(&mut received)?;
            }
            return Ok(altered);
        };
        while received.len() < head + length {
            self.read_more(&mut received)?;
        }
        let body = received.split_off(head);
        Ok(altered.or((body != BODY).then_some("the body was altered")))
    }

    fn read_more(&mut self, received: &mut Vec<u8>) -> io::Result<()> {
        let mut part = [0; 4096];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    received.extend(part.iter().take(read));
                    return Ok(());
                }
                Err(error) if is_early(&error) && !self.shared.is_over() => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn perform(&mut self, act: Act) -> io::Result<GoesOn> {
        let half = ANSWER.len() / 2;
        let beginning = ANSWER.get(..half).unwrap_or_default();
        match act {
            Act::Answer(status, headers) => {
                self.head(status, headers, ANSWER.len())?;
                self.stream.write_all(ANSWER)?;
                return Ok(!headers.starts_with("Connection: close"));
            }
            Act::Execute(End::Close) | Act::Unread => {}
            Act::Execute(End::Reset) => self.reset_on_close()?,
            Act::ExecuteAndRefuse => {
                self.shared.refuse();
                self.wait(|connection| Ok(connection.shared.is_refusing()))?;
                self.reset_on_close()?;
            }
            Act::HalfHead => self.stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Ty")?,
            Act::HalfBody => {
                self.head(200, "", ANSWER.len())?;
                self.stream.write_all(beginning)?;
            }
            Act::HalfChunks => {
                let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                write!(self.stream, "{head}{:x}\r\n", ANSWER.len())?;
                self.stream.write_all(ANSWER)?;
                self.stream.write_all(b"\r\n")?;
            }
            Act::Stall => self.wait(|_| Ok(false))?,
            Act::StallInBody => {
                self.head(200, "", ANSWER.len())?;
                self.stream.write_all(beginning)?;
                self.wait(|_| Ok(false))?;
            }
            Act::Drip => {
                self.head(200, "", LONG)?;
                self.wait(|connection| connection.stream.write_all(b" ").map(|()| false))?;
            }
            Act::Long => {
                self.head(200, "", LONG)?;
                let part = [b' '; 16 * 1024];
                for _ in 0..LONG / part.len() {
                    self.stream.write_all(&part)?;
                }
            }
            Act::ResetLater => {
                self.wait(|connection| Ok(connection.shared.is_reset()))?;
                self.reset_on_close()?;
            }
        }
        Ok(false)
    }

    fn head(&mut self, status: u16, headers: &str, length: usize) -> io::Result<()> {
        let json = "Content-Type: application/json\r\nX-Request-Id: check\r\n";
        let length = format!("Content-Length: {length}\r\n\r\n");
        let head = format!("HTTP/1.1 {status} Check\r\n{headers}{json}{length}");
        self.stream.write_all(head.as_bytes())
    }

    fn reset_on_close(&self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }

    /// Stays silent until `is_done`, the end of the check, or its patience is over.
    fn wait(&mut self, mut is_done: impl FnMut(&mut Self) -> io::Result<bool>) -> io::Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE && !self.shared.is_over() && !is_done(self)? {
            thread::sleep(TICK * 10);
        }
        Ok(())
    }
}

fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// How the body comes.
struct Announced {
    /// `None` for chunks.
    length: Option<usize>,
    expects_continue: bool,
    closes: bool,
}

/// The length of the head, how the body comes, and what is wrong with the head; `None` as long as
/// it is not complete.
fn read_head(received: &[u8]) -> io::Result<Option<(usize, Announced, Option<&'static str>)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(received);
    let parsed = parsed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(length) = parsed else {
        return Ok(None);
    };
    let value = |name: &str| {
        let header = request.headers.iter();
        let mut header = header.filter(|header| header.name.eq_ignore_ascii_case(name));
        header
            .next()
            .and_then(|header| str::from_utf8(header.value).ok())
    };
    let chunked = value("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let announced = Announced {
        length: match value("content-length") {
            _ if chunked => None,
            Some(length) => length.parse().ok(),
            None => Some(0),
        },
        expects_continue: value("expect").is_some(),
        closes: value("connection").is_some_and(|said| said.eq_ignore_ascii_case("close")),
    };
    let altered = if request.method != Some("POST") {
        Some("the method was altered")
    } else if request.path != Some(TARGET) {
        Some("path or query was altered")
    } else if value("authorization") != Some(AUTHORIZATION) {
        Some("the header `Authorization` was altered")
    } else if value("idempotency-key") != Some(IDEMPOTENCY_KEY) {
        Some("the header `Idempotency-Key` was altered")
    } else {
        None
    };
    Ok(Some((length, announced, altered)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read_head;

    #[test]
    fn a_request_that_asks_to_close_is_the_last_on_its_connection() {
        for (said, closes) in [("close", true), ("Close", true), ("keep-alive", false)] {
            let head =
                format!("POST / HTTP/1.1\r\nconnection: {said}\r\ncontent-length: 0\r\n\r\n");
            let (_, announced, _) = read_head(head.as_bytes()).unwrap().unwrap();
            assert_eq!(announced.closes, closes, "{said}");
        }
    }
}
