//! The network between a process and the provider: what becomes of a request and of its answer.

use std::time::Duration;

use http::{Method, Request, Response};
use sanspay_core::{Limits, NotSent, TlsProblem, TransportError};

use super::chance::Chance;
use super::engine::{Event, Flight, Simulation};
use super::invariant::Held;
use super::mutation::Mutation;
use super::network::{Fate, Fault, corrupt};
use super::process::{TaskKey, response};
use super::provider::{self, Trust};
use super::requests::{HTML, token_in};
use super::strangers;

impl Simulation {
    /// Puts everything into the queue that will come of a request.
    pub(super) fn depart(
        &mut self,
        id: u64,
        key: TaskKey,
        name: String,
        request: Request<Vec<u8>>,
        fate: Fate,
        passed: Duration,
    ) {
        let limit = Limits::of(&request).time_left.saturating_sub(passed);
        let (there, back) = (fate.there, fate.back);
        let mut chance = fate.chance;
        let empty = self.plan.lists.trust == Trust::Nothing;
        let instead = |fault| instead(fault, &request, (there, back), empty, &mut chance);
        let mut landing = fate.fault.and_then(instead);
        let answer = landing
            .as_ref()
            .and_then(|(_, outcome)| outcome.as_ref().ok());
        let by_anybody = fate.fault == Some(Fault::AnsweredByAnybody);
        let misleads = by_anybody && answer.is_some_and(|answer| answer.status().is_success());
        let mut arrivals = match fate.fault {
            Some(Fault::RequestLost) => Vec::new(),
            _ if landing.is_some() => Vec::new(),
            _ => vec![there],
        };
        if fate.fault == Some(Fault::Duplicated) {
            arrivals.push(there + chance.between(1, 20_000));
        }
        if let Some(breaks) = fate.breaks {
            landing = Some((breaks, Err(TransportError::maybe_sent("reset"))));
        }
        let mut copies = 0;
        for arrival in arrivals {
            copies += 1;
            self.after(arrival, Event::Arrive(id));
        }
        if let Some((wait, outcome)) = landing {
            self.after(wait.min(limit), Event::Land(id, outcome));
        }
        if !self.is(Mutation::ForgetDeadline) {
            self.after(
                limit,
                Event::Land(id, Err(TransportError::maybe_sent("too late"))),
            );
        }
        let fault = fate.fault;
        let landed = false;
        let flight = Flight {
            key,
            name,
            request,
            fault,
            back,
            chance,
            landed,
            copies,
            misleads,
        };
        self.flights.insert(id, flight);
    }

    /// A request reaches the provider.
    pub(super) fn arrive(&mut self, id: u64) -> Held {
        if let Some((_, unanswered)) = &mut self.restarting {
            unanswered.push(id);
            return Ok(());
        }
        let Some(flight) = self.flights.get_mut(&id) else {
            return Ok(());
        };
        flight.copies = flight.copies.saturating_sub(1);
        let first_copy = flight.copies > 0;
        let request = flight.damage();
        let name = flight.name.clone();
        let call = name
            .rsplit_once('.')
            .map_or("", |(call, _)| call)
            .to_owned();
        let (mut answer, _) = self.handled(&call, &request);
        self.note_token(&request, &answer);
        self.check_denials(&call)?;
        self.hide_unlisted(&request, &mut answer);
        let empty = self.plan.lists.trust == Trust::Nothing;
        let Some(flight) = self.flights.get_mut(&id) else {
            return Ok(());
        };
        let status = answer.status();
        let (lost, broken) = flight.spoil(&request, &mut answer, first_copy, empty);
        let back = flight.back;
        let line = if lost { ", and the answer is lost" } else { "" };
        self.tell(|| format!("the provider answers {name} with {status}{line}"));
        if !lost {
            let outcome = match broken {
                Some(error) => Err(error),
                None => Ok(answer),
            };
            self.after(back, Event::Land(id, outcome));
        }
        let flight = self.flights.get(&id);
        if flight.is_some_and(|flight| flight.landed && flight.copies == 0) {
            self.flights.remove(&id);
        }
        self.check_executions(&request)
    }

    fn note_token(&mut self, request: &Request<Vec<u8>>, answer: &Response<Vec<u8>>) {
        if request.uri().path() == "/partner/auth/token"
            && let Some(token) = token_in(answer.body())
        {
            // The first bytes of a JWT are the same in all.
            self.tokens.extend(token.get(60..92).map(str::to_owned));
        }
    }
}

impl Flight {
    /// What the network makes of the request on its way.
    fn damage(&mut self) -> Request<Vec<u8>> {
        let mut request = self.request.clone();
        if self.fault == Some(Fault::RequestCorrupted) {
            corrupt(request.body_mut(), &mut self.chance);
        }
        if self.fault == Some(Fault::RequestCut) {
            let half = request.body().len() / 2;
            request.body_mut().truncate(half);
        }
        request
    }

    /// What the network makes of the answer: whether it is lost, and an error in its place.
    fn spoil(
        &mut self,
        request: &Request<Vec<u8>>,
        answer: &mut Response<Vec<u8>>,
        first_copy: bool,
        empty: bool,
    ) -> (bool, Option<TransportError>) {
        let (mut lost, mut broken) = (false, None);
        match self.fault {
            Some(Fault::AnswerLost) => lost = true,
            // A proxy sends once more when it got no answer; or both answers arrive.
            Some(Fault::Duplicated) if first_copy => lost = self.chance.per_mille(500),
            // To repeat a POST is forbidden to proxies (RFC 9110, 9.2.2). One that does, loses the
            // answer to the first copy and passes on that the second was refused for its token
            // lies about the first, and no client could know.
            Some(Fault::Duplicated) if request.method() == Method::POST => {
                lost = answer.status() == 401;
            }
            Some(Fault::AnswerCut) => broken = Some(TransportError::maybe_sent("cut")),
            Some(Fault::AnswerTruncated) => {
                let half = answer.body().len() / 2;
                answer.body_mut().truncate(half);
            }
            Some(Fault::AnswerCorrupted) => corrupt(answer.body_mut(), &mut self.chance),
            Some(Fault::ProxyHtmlExecuted) => {
                let status = self.chance.pick(&[408, 502, 504], 504);
                *answer = response(status, "text/html", HTML);
            }
            Some(Fault::ServerErrorExecuted) => {
                *answer = response(500, "application/json", r#"{"message":"oops"}"#);
            }
            Some(Fault::AnswerReplaced) => {
                *answer = strangers::answer(request, true, empty, &mut self.chance);
                self.misleads = answer.status().is_success();
            }
            Some(Fault::TlsBrokenExecuted) => broken = Some(broken_tls(&mut self.chance)),
            Some(Fault::EchoDiffers) => {
                self.misleads = provider::twist(request, answer, &mut self.chance);
            }
            Some(Fault::PagedOddly) if provider::is_list(request) => {
                provider::page_oddly(answer, &mut self.chance);
                self.misleads = true;
            }
            _ => {}
        }
        (lost, broken)
    }
}

/// When something reaches the process, and what.
type Landing = (Duration, Result<Response<Vec<u8>>, TransportError>);

/// What comes in place of the provider's answer, where the request never reaches the provider.
fn instead(
    fault: Fault,
    request: &Request<Vec<u8>>,
    (there, back): (Duration, Duration),
    empty: bool,
    chance: &mut Chance,
) -> Option<Landing> {
    let json = "application/json";
    let (status, kind, body) = match fault {
        Fault::NotConnected => {
            let refused = TransportError::not_sent(NotSent::proven(), "refused");
            return Some((there, Err(refused)));
        }
        Fault::TlsBroken => return Some((there + back, Err(broken_tls(chance)))),
        Fault::AnsweredByAnybody => {
            return Some((
                there + back,
                Ok(strangers::answer(request, false, empty, chance)),
            ));
        }
        Fault::ProxyHtml => (
            chance.pick(&[400, 408, 502, 503, 504], 502),
            "text/html",
            HTML,
        ),
        Fault::Unauthorized => (401, json, r#"{"message":"no","code":"token_invalid"}"#),
        Fault::RateLimited => (
            429,
            json,
            r#"{"message":"slow down","code":"rate_limited"}"#,
        ),
        Fault::ServerError => {
            let status = chance.pick(&[500, 502, 503, 504], 500);
            (status, json, r#"{"message":"oops","code":"server_error"}"#)
        }
        _ => return None,
    };
    Some((there + back, Ok(response(status, kind, body))))
}

/// An alert, or anybody's bytes, after the request was sent: what the error is says nothing about
/// how far the request came.
fn broken_tls(chance: &mut Chance) -> TransportError {
    let problems = [
        TlsProblem::TlsToPlainHttp,
        TlsProblem::ClientCertificateRejected,
        TlsProblem::HandshakeRefused,
    ];
    let problem = chance.pick(&problems, TlsProblem::TlsToPlainHttp);
    TransportError::maybe_sent("alert").with_tls_problem(problem)
}
