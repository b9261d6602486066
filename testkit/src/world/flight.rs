//! A request on its way, and answers that no sandbox gives.

use std::fmt;
use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};

use crate::cassette::RecordedId;
use crate::sandbox::Reply;
use sanspay_core::transport::{NotSent, TransportError};

/// An answer that is given in the sandbox's place, for what no sandbox answers.
///
/// `Debug` leaves header and body out.
#[derive(Clone)]
pub struct Canned {
    pub(super) path: String,
    pub(super) skip: u32,
    pub(super) response: Response<Vec<u8>>,
}

impl Canned {
    /// Answers the next request for this path with 200 and this body as JSON.
    pub fn new(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let mut response = Response::new(body.into());
        let json_type = HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, json_type);
        Self {
            path: path.into(),
            skip: 0,
            response,
        }
    }

    /// Answers with another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Says that the body is something else than JSON.
    #[must_use]
    pub fn content_type(mut self, text: &'static str) -> Self {
        let value = HeaderValue::from_static(text);
        self.response
            .headers_mut()
            .insert(header::CONTENT_TYPE, value);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, text: &'static str) -> Self {
        let value = HeaderValue::from_static(text);
        self.response.headers_mut().insert(name, value);
        self
    }

    /// Lets the first requests for the path pass.
    #[must_use]
    pub fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canned")
            .field("path", &self.path)
            .field("skip", &self.skip)
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}

/// A request on its way, with what will become of it.
///
/// A driver without sockets hands it to [`World::land`](super::World::land). One on a socket sends
/// the request for real, makes [`reply`](Flight::reply) happen to it, and reports to
/// [`World::landed`](super::World::landed).
#[derive(Debug)]
#[must_use = "a flight ends by landing"]
pub struct Flight {
    pub(super) index: usize,
    pub(super) delay: Duration,
    pub(super) body_limit: usize,
    pub(super) late: bool,
    pub(super) abandoned: bool,
    pub(super) reply: Reply,
    pub(super) recorded: Option<RecordedId>,
}

impl Flight {
    /// How long it takes, in virtual time; never longer than the call's deadline.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the answer comes after the deadline: the transport has to give up first.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Whether the call is to be given up while this is on its way.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// What happens to the request, see the table of [`Reply`].
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    pub(super) fn outcome(self) -> Result<Response<Vec<u8>>, TransportError> {
        match self.reply {
            Reply::NotConnected => {
                Err(TransportError::not_sent(NotSent::proven(), "no connection"))
            }
            _ if self.late => Err(TransportError::maybe_sent("no answer in time")),
            Reply::Answer(mut response) => {
                // The contract of a transport: one byte more than the limit tells the rest.
                let most = self.body_limit.saturating_add(1);
                response.body_mut().truncate(most);
                Ok(response)
            }
            Reply::BrokenOff(_) => Err(TransportError::maybe_sent("broken off")),
            Reply::Lost => Err(TransportError::maybe_sent("connection closed")),
        }
    }
}
