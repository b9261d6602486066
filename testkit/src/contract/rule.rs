//! The rules of a transport's contract, by name.

use std::fmt;

/// A rule of the contract of a transport, numbered as in [`sanspay_core::transport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// 1: each request is handed to the network at most once, as it was given.
    Once,
    /// 2: a redirect is an answer like any other.
    NoRedirects,
    /// 3: every status is an answer.
    EveryStatusIsAnAnswer,
    /// 4: the whole answer or none, and little more than the limit of the body.
    TheWholeAnswerOrNone,
    /// 5: "not sent" needs proof.
    NotSentNeedsProof,
    /// 6: it gives up when the time is over.
    NeverWithoutAnEnd,
    /// 7: it sends nothing after the time by which the request had to be sent.
    NotTooLate,
    /// 8: it sends nothing after it was dropped.
    DroppingIsNoAnswer,
}

impl Rule {
    /// Its number in the documentation of the contract.
    pub fn number(self) -> u8 {
        match self {
            Self::Once => 1,
            Self::NoRedirects => 2,
            Self::EveryStatusIsAnAnswer => 3,
            Self::TheWholeAnswerOrNone => 4,
            Self::NotSentNeedsProof => 5,
            Self::NeverWithoutAnEnd => 6,
            Self::NotTooLate => 7,
            Self::DroppingIsNoAnswer => 8,
        }
    }

    /// What to change in a transport that breaks it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Once => {
                "switch off every retry of the client library, also on reused connections, and take \
                 retry layers out or let them ask `Limits::may_be_repeated`"
            }
            Self::NoRedirects => "tell the client library to follow no redirects",
            Self::EveryStatusIsAnAnswer => {
                "return `Ok` with the response whatever its status, and nothing that answers in the \
                 server's place"
            }
            Self::TheWholeAnswerOrNone => {
                "return `TransportError::maybe_sent` where the body ends early; stop reading one byte \
                 after `Limits::body` and return what was read"
            }
            Self::NotSentNeedsProof => {
                "make `NotSent` only where the connector failed or the request was never given to the \
                 client library; everything else is `TransportError::maybe_sent`"
            }
            Self::NeverWithoutAnEnd => {
                "bound the whole attempt, not each read, by `Limits::time_left`, and do not block the \
                 task of an asynchronous transport"
            }
            Self::NotTooLate => {
                "compare `Limits::send_within` with the time since the call right before the first \
                 byte is written, and then send nothing"
            }
            Self::DroppingIsNoAnswer => {
                "do the work in the returned future, not in a task or thread that outlives it"
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once => "each request is sent at most once",
            Self::NoRedirects => "redirects are not followed",
            Self::EveryStatusIsAnAnswer => "every status is an answer",
            Self::TheWholeAnswerOrNone => "the whole answer or none",
            Self::NotSentNeedsProof => "\"not sent\" needs proof",
            Self::NeverWithoutAnEnd => "it gives up when the time is over",
            Self::NotTooLate => "nothing is sent too late",
            Self::DroppingIsNoAnswer => "nothing is sent after it was dropped",
        })
    }
}
