//! A payout server on a loopback socket: it executes each complete POST and counts it, and ends
//! connections in whatever way a test asks for.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, Request, Response};
use rustls::AlertDescription;
use sanspay_testkit::sandbox::Sandbox;
use socket2::SockRef;

use crate::tally::Tally;
use crate::tls::Speaks;
use crate::wire::Wire;
use sanspay_testkit::network::{Mutation, read_head};

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A FIN; in TLS without a word of goodbye.
    Fin,
    /// A FIN; in TLS after `close_notify`.
    Goodbye,
    /// A RST.
    Reset,
    /// It does not: nothing more is said until the client has had enough.
    Stall,
}

/// What the server does. Whatever it is, requests other than a POST are answered.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Executes, and answers.
    Answers,
    /// Ends each connection as soon as it has it, in TLS once a byte of the handshake came.
    Ends(End),
    /// Ends each connection before the first request; in TLS after the handshake.
    EndsBeforeRequest(End),
    /// Reads so many bytes of a POST's body, says this, and ends.
    EndsInBody(usize, &'static str, End),
    /// Executes, says this in place of an answer, and ends.
    Says(Vec<u8>, End),
    /// Executes, answers, and ends.
    AnswersAnd(End),
    /// Executes, answers with what a [`Mutation`] from this seed leaves of it, and ends.
    Damages(u64, End),
    /// Executes, and says this again and again.
    Floods(&'static str),
    /// Executes, and hears and answers the connection's TLS while it works; then answers.
    ReadsOn,
    /// Executes, and sends this alert with its own keys.
    Alerts(AlertDescription),
    /// Ends a connection so long after an answer that was no payout's.
    EndsIdle(Duration, End),
}

/// How long a server works while it reads on.
const WORKING: Duration = Duration::from_secs(5);

/// What a server says to a client that speaks something else.
const NO_HTTP: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

type Manners = dyn Fn(usize) -> Manner + Send + Sync;

/// The server; it lives as long as the test's process.
#[derive(Clone)]
pub struct PayoutServer {
    address: SocketAddr,
    speaks: Speaks,
    tally: Tally,
    sandbox: Arc<Mutex<Sandbox>>,
    manners: Arc<Manners>,
}

impl PayoutServer {
    /// A server that does the same to every payout.
    pub fn start(speaks: Speaks, sandbox: Arc<Mutex<Sandbox>>, manner: Manner) -> Self {
        Self::with(speaks, sandbox, move |_| manner.clone())
    }

    /// A server that asks for each payout, by its number from 0 on, what to do.
    pub fn with(
        speaks: Speaks,
        sandbox: Arc<Mutex<Sandbox>>,
        manners: impl Fn(usize) -> Manner + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            speaks,
            tally: Tally::default(),
            sandbox,
            manners: Arc::new(manners),
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // A connection that ends in the middle is what this is made for.
                thread::spawn(move || drop(serving.serve(stream)));
            }
        });
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, or that of a relay before it.
    pub fn base_url(&self, at: SocketAddr) -> String {
        format!("{}://{at}", self.speaks.scheme())
    }

    /// What it executed.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    fn manner(&self) -> Manner {
        (self.manners)(self.tally.executed())
    }

    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        // For what TLS would not do.
        let raw = stream.try_clone()?;
        if let Manner::Ends(end) = self.manner() {
            if matches!(self.speaks, Speaks::Tls(_)) {
                raw.peek(&mut [0])?;
            }
            return finish(&raw, end);
        }
        let wire = Wire::accept(&self.speaks, stream)?;
        if let Manner::EndsBeforeRequest(end) = self.manner() {
            return finish(&raw, end);
        }
        let server = self;
        Connection { server, raw, wire }.serve()
    }

    /// The sandbox's answer, as bytes.
    fn answer(&self, head: &[u8], body: Vec<u8>) -> Vec<u8> {
        let request = request(head, body);
        let mut sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        bytes_of(&sandbox.handle(&request, SystemTime::now()))
    }
}

/// A connection on which requests come.
struct Connection<'a> {
    server: &'a PayoutServer,
    raw: TcpStream,
    wire: BufReader<Wire>,
}

impl Connection<'_> {
    fn serve(mut self) -> io::Result<()> {
        loop {
            match self.wire.fill_buf()?.first() {
                None => return Ok(()),
                Some(first) if !first.is_ascii_uppercase() => {
                    return self.say_and_end(NO_HTTP, End::Fin);
                }
                Some(_) => {}
            }
            let (head, length) = read_head(&mut self.wire)?;
            if head.starts_with(b"POST") {
                if let Manner::EndsInBody(most, said, end) = self.server.manner() {
                    self.read(most.min(length))?;
                    return self.say_and_end(said.as_bytes(), end);
                }
                let body = self.read(length)?;
                let answer = self.server.answer(&head, body);
                let manner = self.server.manner();
                self.server.tally.count();
                let Some(going_on) = self.executed(manner, answer)? else {
                    return Ok(());
                };
                self = going_on;
            } else {
                let body = self.read(length)?;
                let answer = self.server.answer(&head, body);
                self.wire.get_mut().write_all(&answer)?;
                if let Manner::EndsIdle(after, end) = self.server.manner() {
                    pause(after);
                    return finish(&self.raw, end);
                }
            }
        }
    }

    /// What is said of a payout that was executed; the connection, if it goes on.
    fn executed(mut self, manner: Manner, answer: Vec<u8>) -> io::Result<Option<Self>> {
        match manner {
            Manner::Says(said, end) => self.say_and_end(&said, end)?,
            Manner::AnswersAnd(end) => self.say_and_end(&answer, end)?,
            Manner::Damages(seed, end) => self.say_and_end(&Mutation::some(answer, seed), end)?,
            Manner::Alerts(alert) => self.wire.into_inner().end_with(alert)?,
            Manner::Floods(said) => {
                let many = said.repeat(4096 / said.len() + 1);
                loop {
                    self.wire.get_mut().write_all(many.as_bytes())?;
                }
            }
            Manner::ReadsOn => {
                self.raw.set_read_timeout(Some(WORKING))?;
                // In TLS what came in between ends the connection with an alert.
                match self.wire.fill_buf() {
                    Err(error) if !is_timeout(&error) => {
                        return finish(&self.raw, End::Fin).map(|()| None);
                    }
                    _ => self.raw.set_read_timeout(None)?,
                }
                self.wire.get_mut().write_all(&answer)?;
                return Ok(Some(self));
            }
            _ => {
                self.wire.get_mut().write_all(&answer)?;
                return Ok(Some(self));
            }
        }
        Ok(None)
    }

    fn read(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.wire.read_exact(&mut body)?;
        Ok(body)
    }

    fn say_and_end(mut self, said: &[u8], end: End) -> io::Result<()> {
        self.wire.get_mut().write_all(said)?;
        if end == End::Goodbye {
            self.wire.get_mut().say_goodbye()?;
        }
        finish(&self.raw, end)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// A pause far below what a sleep can do.
fn pause(time: Duration) {
    let begin = std::time::Instant::now();
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Ends a connection.
pub(crate) fn finish(mut stream: &TcpStream, end: End) -> io::Result<()> {
    match end {
        End::Fin | End::Goodbye => {
            stream.shutdown(Shutdown::Write)?;
            // Closing with unread bytes would reset the connection.
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            let _ = stream.read_to_end(&mut Vec::new());
            stream.shutdown(Shutdown::Both)
        }
        End::Reset => {
            SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
            // All other descriptors of it are closed with the thread.
            Ok(())
        }
        End::Stall => stream.read_to_end(&mut Vec::new()).map(drop),
    }
}

fn request(head: &[u8], body: Vec<u8>) -> Request<Vec<u8>> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let mut request = Request::new(body);
    *request.method_mut() = first.next().unwrap().parse().unwrap();
    *request.uri_mut() = first.next().unwrap().parse().unwrap();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: HeaderName = name.parse().unwrap();
        request
            .headers_mut()
            .insert(name, HeaderValue::from_str(value).unwrap());
    }
    request
}

fn bytes_of(response: &Response<Vec<u8>>) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        if name != http::header::CONTENT_LENGTH {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
    }
    let length = format!("content-length: {}\r\n\r\n", response.body().len());
    bytes.extend_from_slice(length.as_bytes());
    bytes.extend_from_slice(response.body());
    bytes
}
