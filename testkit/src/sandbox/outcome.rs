//! A request over a network in which things go wrong, and what a driver makes of it.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Request, Response, StatusCode};

use super::faults::{Fault, first_half};
use super::{Sandbox, answer, control};

/// What became of one request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How long it takes from the sending until the reply, or until the connection breaks. The
    /// provider acts at once.
    pub delay: Duration,
    /// What arrives.
    pub reply: Reply,
}

/// What arrives of an answer.
///
/// | | in memory | on a socket |
/// |---|---|---|
/// | `Answer` | the response | the response |
/// | `BrokenOff` | `TransportError::maybe_sent` | head and body so far, then close |
/// | `Lost` | `TransportError::maybe_sent` | close without a byte |
/// | `NotConnected` | `TransportError::not_sent` | refuse, or close unread |
///
/// `Debug` leaves bodies and headers out: they hold tokens and customer data.
pub enum Reply {
    /// All of it.
    Answer(Response<Vec<u8>>),
    /// The head and the first part of the body; then the connection breaks.
    BrokenOff(Response<Vec<u8>>),
    /// Nothing; the request may have been executed.
    Lost,
    /// Nothing; the request was never sent.
    NotConnected,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(response) => f.debug_tuple("Answer").field(&response.status()).finish(),
            Self::BrokenOff(response) => f
                .debug_tuple("BrokenOff")
                .field(&response.status())
                .finish(),
            Self::Lost => f.write_str("Lost"),
            Self::NotConnected => f.write_str("NotConnected"),
        }
    }
}

impl Sandbox {
    /// Answers one request over a network with [`Fault`]s; control requests are
    /// exempt. A [`FAULT_HEADER`](super::FAULT_HEADER) that is not understood is answered 400.
    pub fn exchange(&mut self, request: &Request<Vec<u8>>, now: SystemTime) -> Outcome {
        let whole = |response| Outcome {
            delay: Duration::ZERO,
            reply: Reply::Answer(response),
        };
        if self.has_control && request.uri().path().starts_with(control::PREFIX) {
            return whole(self.handle(request, now));
        }
        let request = &self.in_assumed_form(request);
        let Ok(fate) = self.faults.meet(request) else {
            let message = "The fault in the header is not understood.";
            let response = answer::error(StatusCode::BAD_REQUEST, "no_such_fault", message);
            return whole(self.named(response));
        };
        Outcome {
            delay: fate.latency,
            reply: self.reply(fate.fault, request, now),
        }
    }

    /// The answer to a request of the assumed form, in the provider's form.
    fn spoken(&mut self, request: &Request<Vec<u8>>, now: SystemTime) -> Response<Vec<u8>> {
        let response = self.handle_assumed(request, now);
        self.in_own_form(request, response)
    }

    fn reply(
        &mut self,
        fault: Option<Fault>,
        request: &Request<Vec<u8>>,
        now: SystemTime,
    ) -> Reply {
        match fault {
            None | Some(Fault::Latency(_)) => Reply::Answer(self.spoken(request, now)),
            Some(Fault::Truncated) => Reply::Answer(first_half(self.spoken(request, now))),
            Some(Fault::BrokenOff) => Reply::BrokenOff(first_half(self.spoken(request, now))),
            Some(Fault::LostAnswer) => {
                let _ = self.handle_assumed(request, now);
                Reply::Lost
            }
            Some(Fault::LostRequest) => Reply::Lost,
            Some(Fault::NotConnected) => Reply::NotConnected,
            Some(Fault::Status(fault)) => {
                if fault.executed {
                    let _ = self.handle_assumed(request, now);
                } else {
                    self.note(request, fault.status);
                }
                let response = self.named(fault.response(now));
                Reply::Answer(self.in_own_form(request, response))
            }
        }
    }
}
