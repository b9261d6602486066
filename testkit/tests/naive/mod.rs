//! A client of HTTP/1.1 as one writes it in an afternoon, right or with one fault.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::{Request, Response};
use sanspay_core::{Limits, NotSent, TransportError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Sends again where a connection from the pool is found dead.
    ResendsOnReused,
    /// Sends again after every failure and reports the last one.
    Resends,
    FollowsRedirects,
    /// A status of 400 or more is an error.
    StatusIsAnError,
    /// A body that ends early is a body.
    TakesShortBodies,
    ReadsEverything,
    /// Stops at the limit, and calls that an error.
    RefusesLongBodies,
    /// A connection that is reset or refused has sent nothing.
    ProvesByKind,
    WaitsForEver,
    /// Bounds each read and not the whole.
    BoundsEachRead,
    HasNoFence,
    LosesTheQuery,
    /// Without it a server executes what is repeated.
    LosesTheKey,
    /// Only status and body: a link to a further page is lost.
    LosesTheAnswersHeaders,
    /// The server behind the gateway may have executed it.
    RepeatsAfterGatewayTimeouts,
}

impl Fault {
    pub(crate) const ALL: [Self; 16] = [
        Self::None,
        Self::ResendsOnReused,
        Self::Resends,
        Self::FollowsRedirects,
        Self::StatusIsAnError,
        Self::TakesShortBodies,
        Self::ReadsEverything,
        Self::RefusesLongBodies,
        Self::ProvesByKind,
        Self::WaitsForEver,
        Self::BoundsEachRead,
        Self::HasNoFence,
        Self::LosesTheQuery,
        Self::LosesTheKey,
        Self::LosesTheAnswersHeaders,
        Self::RepeatsAfterGatewayTimeouts,
    ];
}

pub(crate) struct Client {
    fault: Fault,
    idle: Mutex<Option<TcpStream>>,
}

/// One attempt of a request.
struct Attempt<'r> {
    request: &'r Request<Vec<u8>>,
    target: String,
    limits: Limits,
    until: Instant,
    fault: Fault,
}

impl Client {
    pub(crate) fn with(fault: Fault) -> Self {
        let idle = Mutex::default();
        Self { fault, idle }
    }

    pub(crate) fn send(
        &self,
        request: &Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let (limits, began) = (Limits::of(request), Instant::now());
        let target = request.uri().path_and_query().unwrap();
        let mut attempt = Attempt {
            request,
            target: match self.fault {
                Fault::LosesTheQuery => target.path().to_owned(),
                _ => target.as_str().to_owned(),
            },
            limits,
            until: began + limits.time_left,
            fault: self.fault,
        };
        let pooled = self.idle.lock().unwrap().take();
        let pooled = pooled.filter(|stream| stream.peer_addr().is_ok_and(|peer| is(peer, request)));
        let reused = pooled.is_some();
        let stream = match pooled {
            Some(stream) => stream,
            None => connect(request).map_err(not_sent)?,
        };
        let too_late = limits
            .send_within
            .is_some_and(|within| began.elapsed() >= within);
        if too_late && self.fault != Fault::HasNoFence {
            return Err(not_sent("too late"));
        }
        let mut answer = self.exchange(stream, &attempt);
        let resends = match self.fault {
            Fault::ResendsOnReused => reused,
            Fault::Resends => true,
            _ => false,
        };
        if answer.is_err() && resends {
            let stream = connect(request).map_err(not_sent)?;
            answer = self.exchange(stream, &attempt);
        }
        let answer = answer.map_err(|error| self.failed(error))?;
        match answer.headers().get("location") {
            Some(there) if self.fault == Fault::FollowsRedirects => {
                attempt.target = there.to_str().unwrap().into();
                let stream = connect(request).map_err(not_sent)?;
                self.exchange(stream, &attempt)
                    .map_err(TransportError::maybe_sent)
            }
            _ if answer.status() == 504 && self.fault == Fault::RepeatsAfterGatewayTimeouts => {
                let stream = connect(request).map_err(not_sent)?;
                self.exchange(stream, &attempt)
                    .map_err(TransportError::maybe_sent)
            }
            _ if self.fault == Fault::LosesTheAnswersHeaders => {
                let mut bare = Response::new(answer.body().clone());
                *bare.status_mut() = answer.status();
                Ok(bare)
            }
            _ if answer.status().as_u16() >= 400 && self.fault == Fault::StatusIsAnError => {
                Err(TransportError::maybe_sent("an error status"))
            }
            _ => Ok(answer),
        }
    }

    fn failed(&self, error: io::Error) -> TransportError {
        match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused | ErrorKind::BrokenPipe
                if self.fault == Fault::ProvesByKind =>
            {
                not_sent(error)
            }
            _ => TransportError::maybe_sent(error),
        }
    }

    fn exchange(
        &self,
        mut stream: TcpStream,
        attempt: &Attempt<'_>,
    ) -> io::Result<Response<Vec<u8>>> {
        let request = attempt.request;
        let (method, target) = (request.method(), &attempt.target);
        let mut text = Vec::new();
        write!(text, "{method} {target} HTTP/1.1\r\nhost: check\r\n")?;
        let lost = (self.fault == Fault::LosesTheKey).then_some("idempotency-key");
        let headers = request.headers().iter();
        for (name, value) in headers.filter(|(name, _)| Some(name.as_str()) != lost) {
            write!(text, "{name}: {}\r\n", value.to_str().unwrap())?;
        }
        write!(text, "content-length: {}\r\n\r\n", request.body().len())?;
        text.extend_from_slice(request.body());
        stream.write_all(&text)?;
        let (answer, goes_on) = attempt.read(&mut stream)?;
        *self.idle.lock().unwrap() = goes_on.then_some(stream);
        Ok(answer)
    }
}

impl Attempt<'_> {
    /// The answer, and whether the connection can be used again.
    fn read(&self, stream: &mut TcpStream) -> io::Result<(Response<Vec<u8>>, bool)> {
        let mut received = Vec::new();
        let (head, mut answer) = loop {
            if self.read_more(stream, &mut received)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(parsed) = parse(&received)? {
                break parsed;
            }
        };
        let header = |name| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let length = header("content-length").map(|length| length.parse::<usize>().unwrap());
        let closes = header("connection") == Some("close");
        let most = match self.fault {
            Fault::ReadsEverything => usize::MAX,
            _ => self.limits.body,
        };
        let mut body = received.split_off(head);
        let is_whole = |body: &[u8]| match length {
            Some(length) => body.len() >= length,
            None => body.ends_with(b"0\r\n\r\n"),
        };
        while !is_whole(&body) && body.len() <= most {
            if self.read_more(stream, &mut body)? == 0 {
                if self.fault == Fault::TakesShortBodies {
                    break;
                }
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        if body.len() > self.limits.body && self.fault == Fault::RefusesLongBodies {
            return Err(io::Error::other("the body is too long"));
        }
        let goes_on = is_whole(&body) && !closes;
        *answer.body_mut() = body;
        Ok((answer, goes_on))
    }

    fn read_more(&self, stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<usize> {
        let left = match self.fault {
            Fault::WaitsForEver => None,
            Fault::BoundsEachRead => Some(self.limits.time_left),
            _ => Some(self.until.saturating_duration_since(Instant::now())),
        };
        if left == Some(Duration::ZERO) {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(left)?;
        let mut part = [0; 4096];
        let read = stream.read(&mut part)?;
        received.extend(part.iter().take(read));
        Ok(read)
    }
}

fn is(peer: std::net::SocketAddr, request: &Request<Vec<u8>>) -> bool {
    request
        .uri()
        .authority()
        .is_some_and(|server| server.as_str() == peer.to_string())
}

fn connect(request: &Request<Vec<u8>>) -> io::Result<TcpStream> {
    TcpStream::connect(request.uri().authority().unwrap().as_str())
}

fn not_sent(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::not_sent(NotSent::proven(), source)
}

/// The length of the head and an answer without a body; `None` as long as the head is incomplete.
fn parse(received: &[u8]) -> io::Result<Option<(usize, Response<Vec<u8>>)>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Response::new(&mut headers);
    let status = parsed.parse(received);
    let httparse::Status::Complete(head) = status.map_err(io::Error::other)? else {
        return Ok(None);
    };
    let mut answer = Response::builder().status(parsed.code.unwrap());
    for header in parsed.headers {
        answer = answer.header(header.name, header.value);
    }
    Ok(Some((head, answer.body(Vec::new()).unwrap())))
}
