//! A call on its way, whatever its operation.

use std::time::SystemTime;

use http::{Request, Response};
use sanspay_core::exchange::Step;
use sanspay_core::partner::{ConfirmedEvent, NewPayout, Record, Resolution};
use sanspay_core::{Api, Endpoint, Error, Exchange, Intent, Replay, Reply, TransportError};

/// What a call yields.
pub(super) enum Output {
    Record(Box<Record>),
    Confirmed(Box<ConfirmedEvent>),
    Resolution(Resolution),
    Listed,
}

impl From<Record> for Output {
    fn from(record: Record) -> Self {
        Self::Record(Box::new(record))
    }
}

impl From<ConfirmedEvent> for Output {
    fn from(event: ConfirmedEvent) -> Self {
        Self::Confirmed(Box::new(event))
    }
}

impl From<Resolution> for Output {
    fn from(resolution: Resolution) -> Self {
        Self::Resolution(resolution)
    }
}

impl From<sanspay_core::Page<Record>> for Output {
    fn from(_: sanspay_core::Page<Record>) -> Self {
        Self::Listed
    }
}

/// An exchange of any endpoint.
pub(super) trait Running {
    fn poll(&mut self, now: SystemTime) -> Step<Output>;
    fn reply(&mut self, now: SystemTime, outcome: Result<Response<Vec<u8>>, TransportError>);
}

impl<E: Endpoint> Running for Exchange<E>
where
    E::Output: Into<Output>,
{
    fn poll(&mut self, now: SystemTime) -> Step<Output> {
        match Exchange::poll(self, now) {
            Step::Send(request) => Step::Send(request),
            Step::Store(op) => Step::Store(op),
            Step::Wait(wait) => Step::Wait(wait),
            Step::Done(result) => Step::Done(result.map(Into::into)),
        }
    }

    fn reply(&mut self, now: SystemTime, outcome: Result<Response<Vec<u8>>, TransportError>) {
        Exchange::reply(self, now, outcome);
    }
}

/// A broken payout, which claims that it may be repeated.
pub(super) struct Repeatable(pub(super) NewPayout);

impl Endpoint for Repeatable {
    type Output = Record;

    fn operation(&self) -> &'static str {
        "request payout"
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        self.0.request(api)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Record, Error> {
        self.0.parse(reply)
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn intent(&self) -> Option<Intent> {
        self.0.intent()
    }
}
