//! The situations that a transport is put into.

use std::time::Duration;

use http::{Method, Request};
use sanspay_core::Limits;

use super::rule::Rule;
use super::server::{Act, End, Server};

/// The most bytes of a body that the requests accept.
pub(super) const BODY_LIMIT: usize = 1024;
/// Enough for everything that answers at once, on a busy machine too.
const AMPLE: Duration = Duration::from_secs(10);
/// What a request may take whose answer never comes.
const BRIEF: Duration = Duration::from_secs(1);

/// One situation.
pub(super) struct Case {
    /// What the server does.
    pub(super) situation: &'static str,
    pub(super) act: Act,
    /// Whether there is an idle connection already.
    pub(super) warm: bool,
    pub(super) time_left: Duration,
    pub(super) send_within: Option<Duration>,
    pub(super) expected: Expected,
}

/// What the contract asks for.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// This status with its body, sent once; another than that breaks this rule.
    Answer(u16, Rule),
    /// An error, because no whole answer came.
    NoAnswer,
    /// An error or nothing, in time.
    Timeout,
    /// The beginning of a body that is too long.
    Beginning,
    /// Nothing is sent.
    NothingSent,
}

impl Case {
    fn new(situation: &'static str, act: Act, expected: Expected) -> Self {
        Self {
            situation,
            act,
            warm: false,
            time_left: AMPLE,
            send_within: None,
            expected,
        }
    }

    fn warm(self) -> Self {
        Self { warm: true, ..self }
    }

    fn brief(self) -> Self {
        let time_left = BRIEF;
        Self { time_left, ..self }
    }

    fn within(self, send_within: Duration) -> Self {
        let send_within = Some(send_within);
        Self {
            send_within,
            ..self
        }
    }

    /// One that is dropped, whatever the server does.
    pub(super) fn dropped(situation: &'static str) -> Self {
        Self::new(situation, Act::ResetLater, Expected::Timeout)
    }

    /// The request that makes the connection which the next one may use.
    pub(super) fn warming(&self, server: &Server) -> Request<Vec<u8>> {
        let mut request = self.request(server);
        let limits = Limits::new(AMPLE, BODY_LIMIT);
        request.extensions_mut().insert(limits);
        request
    }

    /// The request, as an exchange hands it out for a payout.
    pub(super) fn request(&self, server: &Server) -> Request<Vec<u8>> {
        let mut request = Request::new(BODY.to_vec());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = server.uri(TARGET);
        let headers = request.headers_mut();
        let json = http::HeaderValue::from_static("application/json");
        headers.insert(http::header::CONTENT_TYPE, json);
        let token = http::HeaderValue::from_static(AUTHORIZATION);
        headers.insert(http::header::AUTHORIZATION, token);
        let key = http::HeaderValue::from_static(IDEMPOTENCY_KEY);
        headers.insert("idempotency-key", key);
        let mut limits = Limits::new(self.time_left, BODY_LIMIT);
        limits.send_within = self.send_within;
        request.extensions_mut().insert(limits);
        request
    }
}

pub(super) const TARGET: &str = "/partner/payouts?check=1%202";
pub(super) const AUTHORIZATION: &str = "Bearer check";
pub(super) const IDEMPOTENCY_KEY: &str = "payout-check-1";
pub(super) const BODY: &[u8] = br#"{"reference":"check-1","amount":"7.50"}"#;

/// All of them, the harmless first.
pub(super) fn all() -> Vec<Case> {
    let mut cases = answered();
    cases.extend(cut_off());
    cases.extend(out_of_bounds());
    cases
}

fn answered() -> Vec<Case> {
    let status = |situation, status, headers, rule| {
        let act = Act::Answer(status, headers);
        Case::new(situation, act, Expected::Answer(status, rule))
    };
    let answers = Rule::EveryStatusIsAnAnswer;
    let (there, close) = ("Location: /elsewhere\r\n", "Connection: close\r\n");
    let redirect = |situation, code| status(situation, code, there, Rule::NoRedirects);
    let (again, basic) = (
        "Retry-After: 0\r\n",
        "WWW-Authenticate: Basic realm=\"check\"\r\n",
    );
    vec![
        status("the server answers 200", 200, "", answers),
        status("it answers 200 on a reused connection", 200, "", answers).warm(),
        status("it answers 201 and closes", 201, close, answers),
        status(
            "it asks for other credentials with 401",
            401,
            basic,
            answers,
        ),
        status("it answers 404", 404, "", answers),
        status("it answers 408 and closes", 408, close, answers),
        status("it answers 421", 421, "", answers),
        status("it answers 425", 425, "", answers),
        status("it answers 429 with `Retry-After: 0`", 429, again, answers),
        status("it answers 500", 500, "", answers),
        status("it answers 502", 502, "", answers),
        status("it answers 503 with `Retry-After: 0`", 503, again, answers),
        status("it answers 504", 504, "", answers),
        redirect("it redirects with 301", 301),
        redirect("it redirects with 302", 302),
        redirect("it redirects with 303", 303),
        redirect("it redirects with 307", 307),
        redirect("it redirects with 308", 308),
        status(
            "it answers 200 well before the last time to send",
            200,
            "",
            answers,
        )
        .within(AMPLE),
    ]
}

fn cut_off() -> Vec<Case> {
    let lost = |situation, act| Case::new(situation, act, Expected::NoAnswer);
    let closes = "it executes the request and closes the connection";
    let resets = "it executes the request and resets the connection";
    let idle = "an idle connection is closed right as the request comes";
    let refuses = "it executes the request, resets the connection and then refuses new ones";
    vec![
        lost(closes, Act::Execute(End::Close)),
        lost(resets, Act::Execute(End::Reset)),
        lost(
            "it closes a reused connection after executing",
            Act::Execute(End::Close),
        )
        .warm(),
        lost(
            "it resets a reused connection after executing",
            Act::Execute(End::Reset),
        )
        .warm(),
        lost(idle, Act::Unread).warm(),
        lost(refuses, Act::ExecuteAndRefuse).warm(),
        lost("the answer's head is cut off", Act::HalfHead),
        lost(
            "the answer's body is shorter than its length",
            Act::HalfBody,
        ),
        lost("the answer's body lacks its last chunk", Act::HalfChunks),
    ]
}

fn out_of_bounds() -> Vec<Case> {
    let late = |situation, act| Case::new(situation, act, Expected::Timeout).brief();
    let fence = "the time by which the request had to be sent has passed";
    let too_late = |warm| {
        let case = Case::new(fence, Act::Answer(200, ""), Expected::NothingSent);
        Case { warm, ..case }.within(Duration::ZERO)
    };
    let long = "the answer's body is much longer than its limit";
    vec![
        Case::new(long, Act::Long, Expected::Beginning),
        late("it executes the request and does not answer", Act::Stall),
        late("it stops in the middle of the body", Act::StallInBody),
        late("it sends the body a byte at a time", Act::Drip),
        too_late(false),
        too_late(true),
    ]
}
