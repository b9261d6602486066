//! One exchange: its phases, and how polls and replies move it between them.

mod authorize;
mod end;
mod fence;
mod repeat;
mod share;
mod show;

use std::mem;
use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{Request, Response, StatusCode};

use super::outcome::judge;
use super::retry::RetryDecision;
use super::session::Session;
use super::shared_token::{Grant, Leadership};
use super::step::{Report, Step, Wait};
use super::token_store::Sharing;
use end::ANSWER_LATE;
use fence::Fence;
use share::Share;

use crate::durable::StoreOp;
use crate::endpoint::{Auth, Endpoint, Replay};
use crate::error::Error;
use crate::transport::{Limits, TransportError};
use crate::wire::Reply;

/// The longest deadline, 136 years: a clock can be added to it without harm.
const LONGEST_DEADLINE: Duration = Duration::from_secs(u32::MAX as u64);

/// One call of one endpoint, on its way. See the [module](super) for its states.
///
/// A driver is one loop: [`Step::Send`] → send it and [`reply`](Exchange::reply);
/// [`Step::Wait`] → sleep; [`Step::Done`] → finished. Only where the session shares its token comes
/// [`Step::Store`] → ask the store and tell what it [`stored`](Exchange::stored).
#[must_use]
pub struct Exchange<E: Endpoint> {
    session: Session,
    endpoint: E,
    phase: Phase<E::Output>,
    /// Built before a token is asked for, so that invalid input costs no request at all.
    prepared: Option<Request<Vec<u8>>>,
    deadline: Duration,
    fence: Option<Fence>,
    elapsed: Duration,
    last_seen: Option<SystemTime>,
    /// Later than `last_seen` where the clock went back.
    latest_seen: Option<SystemTime>,
    jitter: fastrand::Rng,
    attempts: u32,
    token_requests: u32,
    renewed: bool,
    /// The generation of the token that it fetched last.
    fetched: Option<u64>,
    may_be_executed: bool,
    last_status: Option<StatusCode>,
    last_request_id: Option<String>,
    last_error: Option<Error>,
}

enum Phase<T> {
    Prepare,
    /// Needs a token; the number of the fetch that it followed, if any.
    Authorize(Option<u64>),
    /// Finds out from the store whether another machine has a token.
    Share(Box<Share>),
    Fetch(Fetch),
    /// Tells the store what came of a token request, and goes on whatever it answers; `None` while
    /// it is asked.
    Publish(Option<StoreOp>, Box<Phase<T>>),
    /// Has all that the call needs.
    Ready(Option<Grant>),
    /// In flight or pausing, with the token of this generation.
    Call(Option<u64>, Stage),
    /// The result until it is handed out.
    Ended(Option<Result<T, Error>>),
}

struct Fetch {
    leadership: Leadership,
    /// The live token that a failed renewal falls back to.
    fallback: Option<Grant>,
    stage: Stage,
    attempts: u32,
    /// Where other machines wait for this token.
    sharing: Option<Box<Sharing>>,
}

#[derive(Clone, Copy)]
enum Stage {
    InFlight,
    /// To be sent after this pause, which may be none.
    Pause(Duration),
}

impl Stage {
    fn is_due(self) -> bool {
        matches!(self, Self::Pause(left) if left.is_zero())
    }
}

impl<E: Endpoint> Exchange<E> {
    pub(super) fn new(session: Session, endpoint: E) -> Self {
        Self {
            deadline: session.settings().deadline.min(LONGEST_DEADLINE),
            jitter: fastrand::Rng::with_seed(session.next_seed()),
            fence: None,
            session,
            endpoint,
            phase: Phase::Prepare,
            prepared: None,
            elapsed: Duration::ZERO,
            last_seen: None,
            latest_seen: None,
            attempts: 0,
            token_requests: 0,
            renewed: false,
            fetched: None,
            may_be_executed: false,
            last_status: None,
            last_request_id: None,
            last_error: None,
        }
    }

    /// Replaces the session's deadline for this call. It counts from the first poll.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// Hands nothing out at `time` or later, however long the process was suspended before. What is
    /// in flight by then may still be answered. A clock that goes back closes the fence as well,
    /// because nobody knows how much time it hides.
    ///
    /// Where an intent is stored before it is sent, `time` is stored with it: whoever finds the
    /// intent later knows that nothing is sent any more. The request carries it on to the
    /// transport, which looks at its clock once more before the first byte, see
    /// [`Limits::send_within`].
    pub fn with_send_by(mut self, time: SystemTime) -> Self {
        self.fence = Some(Fence::new(time));
        self
    }

    /// The endpoint that is being called.
    pub fn endpoint(&self) -> &E {
        &self.endpoint
    }

    /// What the exchange has been through so far.
    pub fn report(&self) -> Report {
        Report {
            attempts: self.attempts,
            token_requests: self.token_requests,
            status: self.last_status,
            request_id: self.last_request_id.clone(),
            elapsed: self.elapsed,
            outcome_unknown: self.outcome_would_be_unknown(),
        }
    }

    /// What to do now. `now` is the wall clock; it may jump in either direction.
    pub fn poll(&mut self, now: SystemTime) -> Step<E::Output> {
        self.advance_clock(now);
        if self.left().is_zero() {
            self.expire(now);
        }
        if self.fence.is_some_and(|fence| fence.is_closed(now)) {
            self.hand_nothing_out(now);
        }
        loop {
            match &mut self.phase {
                Phase::Prepare => self.prepare(now),
                Phase::Authorize(followed) => {
                    let followed = *followed;
                    if let Some(wait) = self.authorize(now, followed) {
                        return Step::Wait(wait);
                    }
                }
                Phase::Share(_) | Phase::Publish(..) => {
                    return match self.store_op(now) {
                        Ok(op) => Step::Store(op),
                        Err(delay) => wait(delay),
                    };
                }
                Phase::Fetch(Fetch { stage, .. }) | Phase::Call(_, stage) if !stage.is_due() => {
                    return wait(match *stage {
                        Stage::InFlight => self.left(),
                        Stage::Pause(left) => left,
                    });
                }
                Phase::Ready(_) | Phase::Fetch(_) | Phase::Call(..) => {
                    if let Some(request) = self.send(now) {
                        return Step::Send(request);
                    }
                }
                Phase::Ended(result) => {
                    let result = result.take();
                    return Step::Done(result.unwrap_or_else(|| Err(self.already_over(now))));
                }
            }
        }
    }

    /// What came of the request that was handed out last. A reply that no request waits for is
    /// ignored; a late one is still used, because knowing is better than not knowing.
    pub fn reply(&mut self, now: SystemTime, outcome: Result<Response<Vec<u8>>, TransportError>) {
        self.advance_clock(now);
        // It stays in flight while its answer is read: a parser that panics proves nothing.
        if let Phase::Call(generation, Stage::InFlight) = self.phase {
            self.phase = self.answered(now, generation, outcome);
            return;
        }
        let phase = mem::replace(&mut self.phase, Phase::Ended(None));
        self.phase = match phase {
            Phase::Fetch(fetch) if matches!(fetch.stage, Stage::InFlight) => {
                self.fetched = Some(fetch.leadership.generation());
                self.token_answered(now, fetch, outcome)
            }
            other => other,
        };
    }

    fn operation(&self) -> String {
        self.endpoint.operation().to_owned()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.elapsed)
    }

    /// Adds what passed since the last look. A clock that jumped back adds nothing, so that
    /// neither deadline nor pause can be stretched by more than the jump happened to hide.
    fn advance_clock(&mut self, now: SystemTime) {
        let passed = self
            .last_seen
            .and_then(|seen| now.duration_since(seen).ok());
        let passed = passed.unwrap_or_default();
        if let (Some(fence), Some(seen)) = (&mut self.fence, self.last_seen) {
            fence.saw(seen, now);
        }
        self.last_seen = Some(now);
        self.latest_seen = self.latest_seen.max(Some(now));
        self.elapsed = self.elapsed.saturating_add(passed);
        match &mut self.phase {
            Phase::Share(share) => share.pass(passed),
            Phase::Fetch(Fetch { stage, .. }) | Phase::Call(_, stage) => {
                if let Stage::Pause(left) = stage {
                    *left = left.saturating_sub(passed);
                }
            }
            _ => {}
        }
    }

    fn prepare(&mut self, now: SystemTime) {
        self.phase = match self.endpoint.request(self.session.api()) {
            Ok(request) => {
                self.prepared = Some(request);
                self.prepared_phase()
            }
            Err(error) => self.end_with(now, error),
        };
    }

    fn prepared_phase(&self) -> Phase<E::Output> {
        match self.endpoint.auth() {
            Auth::Bearer => Phase::Authorize(None),
            Auth::None => Phase::Ready(None),
        }
    }

    /// Hands out the request of the present phase, or changes the phase.
    fn send(&mut self, now: SystemTime) -> Option<Request<Vec<u8>>> {
        let shared = &self.session.0;
        let mut limits = Limits {
            send_within: self.fence.map(|fence| fence.left(now)),
            may_be_repeated: self.repeatable(),
            ..Limits::new(self.left(), shared.settings.max_body)
        };
        let built = match &mut self.phase {
            Phase::Call(..) => {
                // The token may have expired during the pause.
                self.phase = self.prepared_phase();
                return None;
            }
            Phase::Fetch(fetch) => {
                fetch.stage = Stage::InFlight;
                fetch.attempts += 1;
                self.token_requests += 1;
                if fetch.fallback.is_some() {
                    // A renewal that hangs must leave time for the call itself.
                    limits.time_left /= 2;
                }
                limits.may_be_repeated = shared.token_source.replay() == Replay::Safe;
                shared.token_source.request(&shared.api)
            }
            Phase::Ready(grant) => {
                let grant = grant.take();
                let generation = grant.as_ref().map(|grant| grant.generation);
                self.phase = Phase::Call(generation, Stage::InFlight);
                self.attempts += 1;
                let prepared = self
                    .prepared
                    .take()
                    .map_or_else(|| self.endpoint.request(&shared.api), Ok);
                prepared.map(|mut request| {
                    if let Some(grant) = grant {
                        let headers = request.headers_mut();
                        headers.insert(AUTHORIZATION, grant.authorization);
                    }
                    request
                })
            }
            _ => return None,
        };
        match built {
            Ok(mut request) => {
                request.extensions_mut().insert(limits);
                Some(request)
            }
            Err(error) => {
                let phase = mem::replace(&mut self.phase, Phase::Ended(None));
                if let Phase::Fetch(fetch) = phase {
                    fetch.leadership.failed(error.clone(), now);
                }
                self.phase = self.end_with(now, error);
                None
            }
        }
    }

    fn answered(
        &mut self,
        now: SystemTime,
        generation: Option<u64>,
        outcome: Result<Response<Vec<u8>>, TransportError>,
    ) -> Phase<E::Output> {
        let api = self.session.api();
        let response = outcome.as_ref().ok();
        self.last_status = response.map(Response::status);
        self.last_request_id = response.and_then(|response| {
            let reply = Reply::new(self.endpoint.operation(), api, response);
            reply.request_id().map(str::to_owned)
        });
        if let Some(generation) = generation
            && self.last_status == Some(StatusCode::UNAUTHORIZED)
        {
            // A token that this call has just fetched is good: the refusal means the request.
            if !self.renewed || self.fetched != Some(generation) {
                self.session.0.tokens.invalidate(generation);
            }
            if !self.renewed {
                self.renewed = true;
                return Phase::Authorize(None);
            }
        }
        let failed = match judge(&self.endpoint, &self.session, now, outcome) {
            Ok(output) => {
                // Whoever asks again after the result was taken must not repeat it either.
                self.may_be_executed |= self.endpoint.replay() != Replay::Safe;
                return Phase::Ended(Some(Ok(output)));
            }
            Err(failed) => failed,
        };
        self.may_be_executed |= failed.may_be_executed && self.endpoint.replay() != Replay::Safe;
        match self.decide(now, failed.failure, self.attempts, self.repeatable()) {
            RetryDecision::Retry(delay) => {
                self.last_error = Some(failed.error);
                Phase::Call(generation, Stage::Pause(delay))
            }
            RetryDecision::Stop if self.ran_out_of_time(failed.failure) => {
                let error = self.deadline_error(ANSWER_LATE).with_source(failed.error);
                self.end_with(now, error)
            }
            RetryDecision::Stop => self.end_with(now, failed.error),
        }
    }
}

/// Nothing but time, or the answer, ends this wait.
fn wait<T>(delay: Duration) -> Step<T> {
    let fetch = None;
    Step::Wait(Wait { delay, fetch })
}
