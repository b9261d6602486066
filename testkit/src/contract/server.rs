//! A server on a loopback socket that counts what arrives and does what a case asks for.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use super::connection::Connection;

/// How often the server looks for what is new.
pub(super) const TICK: Duration = Duration::from_millis(2);

/// What the server does with the next request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Answers with this status, these header lines and [`ANSWER`].
    Answer(u16, &'static str),
    /// Reads all of it and ends the connection without an answer.
    Execute(End),
    /// Ends the connection at the request's first byte, without reading it.
    Unread,
    /// Reads all of it, resets the connection and listens no more.
    ExecuteAndRefuse,
    HalfHead,
    HalfBody,
    HalfChunks,
    /// Never answers.
    Stall,
    StallInBody,
    Drip,
    Long,
    /// Does not answer, and resets the connection when it is told to.
    ResetLater,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Close,
    Reset,
}

/// The body of an answer.
pub(super) const ANSWER: &[u8] = br#"{"data":{"id":"check"}}"#;

/// What the server saw since a case began.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Requests of which at least a byte arrived.
    pub(super) arrived: u32,
    /// Requests that arrived whole.
    pub(super) executed: u32,
    /// What was wrong with the first request.
    pub(super) altered: Option<&'static str>,
}

/// It ends when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections share.
#[derive(Default)]
pub(super) struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    next: Option<Act>,
    seen: Seen,
    door: Door,
    resets: bool,
    is_over: bool,
}

/// Whether new connections are accepted.
#[derive(Default, PartialEq, Eq)]
enum Door {
    #[default]
    Open,
    Closing,
    Closed,
}

impl Server {
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            accept(&listener, &accepting);
            drop(listener);
            accepting.state().door = Door::Closed;
        });
        Ok(Self { address, shared })
    }

    pub(super) fn uri(&self, target: &'static str) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Authority::try_from(self.address.to_string()).ok();
        parts.path_and_query = Some(PathAndQuery::from_static(target));
        #[expect(
            clippy::expect_used,
            reason = "an address and a constant are always a URI"
        )]
        Uri::from_parts(parts).expect("the URI of the server")
    }

    /// Counts from here on, and does this with the next request. Later ones are answered with 200:
    /// a repetition that succeeds is what a retry hopes for.
    pub(super) fn expect(&self, act: Act) {
        let mut state = self.shared.state();
        state.next = Some(act);
        state.seen = Seen::default();
    }

    pub(super) fn seen(&self) -> Seen {
        self.shared.state().seen.clone()
    }

    /// Resets the connections that wait for it.
    pub(super) fn reset(&self) {
        self.shared.state().resets = true;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first byte of a request is there: what to do with it.
    pub(super) fn arrived(&self) -> Act {
        let mut state = self.state();
        state.seen.arrived += 1;
        state.next.take().unwrap_or(Act::Answer(200, ""))
    }

    /// All of a request is there.
    pub(super) fn executed(&self, altered: Option<&'static str>) {
        let mut state = self.state();
        state.seen.executed += 1;
        if state.seen.executed == 1 {
            state.seen.altered = altered;
        }
    }

    pub(super) fn refuse(&self) {
        self.state().door = Door::Closing;
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.state().door == Door::Closed
    }

    pub(super) fn is_reset(&self) -> bool {
        self.state().resets
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.is_over() && shared.state().door == Door::Open {
        match listener.accept() {
            Ok((stream, _)) => {
                let shared = Arc::clone(shared);
                // What goes wrong on a connection is the client's doing.
                thread::spawn(move || Connection::new(stream, shared)?.serve());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(TICK),
            Err(_) => return,
        }
    }
}
