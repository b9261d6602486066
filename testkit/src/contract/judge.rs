//! Compares what a transport did with what the contract asks for.

use std::time::Duration;

use http::Response;
use sanspay_core::TransportError;

use super::breach::Breach;
use super::case::{BODY_LIMIT, Case, Expected};
use super::rule::Rule;
use super::server::{ANSWER, Seen};

/// What a busy machine may add to a time limit.
const GRACE: Duration = Duration::from_secs(2);
/// What a transport may read ahead of a body that is too long.
const READ_AHEAD: usize = 1024 * 1024;

/// What became of a request.
pub(super) enum Reported {
    Outcome(Result<Response<Vec<u8>>, TransportError>),
    /// Nothing in time, so that the driver dropped it.
    Nothing,
}

impl Reported {
    fn told(&self) -> String {
        match self {
            Self::Outcome(Ok(answer)) => {
                let (status, length) = (answer.status().as_u16(), answer.body().len());
                format!("the transport reported status {status} with {length} bytes")
            }
            Self::Outcome(Err(error)) => format!("the transport reported that {error}"),
            Self::Nothing => "the transport reported nothing in time".to_owned(),
        }
    }
}

/// Every rule that was broken.
pub(super) fn judge(case: &Case, seen: &Seen, took: Duration, reported: &Reported) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |rule, seen| breaches.push(Breach::new(rule, case.situation, seen));
    if let Some(seen) = sent_again(case, seen, reported) {
        let rule = match case.expected {
            Expected::Answer(_, Rule::NoRedirects) => Rule::NoRedirects,
            _ => Rule::Once,
        };
        breach(rule, seen);
    } else if let Some((rule, seen)) = wrong_outcome(case, seen, reported) {
        breach(rule, seen);
    }
    if let Reported::Outcome(Err(error)) = reported
        && !error.may_have_been_sent()
        && seen.arrived > 0
    {
        let whole = if seen.executed > 0 { "all" } else { "a part" };
        let seen = format!("\"not sent\" was reported, and the server had {whole} of it");
        breach(Rule::NotSentNeedsProof, seen);
    }
    if took > case.time_left + GRACE {
        let (took, left) = (took.as_millis(), case.time_left.as_millis());
        let seen = format!("it took {took} ms of the {left} ms that were left");
        breach(Rule::NeverWithoutAnEnd, seen);
    }
    breaches
}

fn sent_again(case: &Case, seen: &Seen, reported: &Reported) -> Option<String> {
    let sent_too_late = matches!(case.expected, Expected::NothingSent);
    let again = seen.arrived > 1 && !sent_too_late;
    again.then(|| {
        format!(
            "the request arrived {} times, and {}",
            seen.arrived,
            reported.told()
        )
    })
}

fn wrong_outcome(case: &Case, seen: &Seen, reported: &Reported) -> Option<(Rule, String)> {
    match (case.expected, reported) {
        (Expected::NothingSent, _) => {
            let sent = "the request was sent all the same".to_owned();
            (seen.arrived > 0).then_some((Rule::NotTooLate, sent))
        }
        (Expected::Answer(..), Reported::Outcome(Ok(_))) if seen.executed == 0 => {
            let told = reported.told();
            Some((Rule::Once, format!("the request never arrived, and {told}")))
        }
        (Expected::Answer(..), _) if seen.altered.is_some() => {
            seen.altered.map(|altered| (Rule::Once, altered.to_owned()))
        }
        (Expected::Answer(status, rule), Reported::Outcome(Ok(answer))) => {
            if answer.status().as_u16() != status {
                return Some((rule, reported.told()));
            }
            if answer
                .headers()
                .get("x-request-id")
                .is_none_or(|id| id != "check")
            {
                let told = "the headers of the answer were lost".to_owned();
                return Some((Rule::TheWholeAnswerOrNone, told));
            }
            let told = "the body of the answer was altered".to_owned();
            (answer.body() != ANSWER).then_some((Rule::TheWholeAnswerOrNone, told))
        }
        (Expected::Answer(_, rule), _) => Some((rule, reported.told())),
        (Expected::NoAnswer | Expected::Timeout, Reported::Outcome(Ok(_))) => {
            Some((Rule::TheWholeAnswerOrNone, reported.told()))
        }
        (Expected::NoAnswer | Expected::Timeout, _) => None,
        (Expected::Beginning, Reported::Outcome(Ok(answer))) => {
            let read = answer.body().len();
            let fits = BODY_LIMIT < read && read <= BODY_LIMIT + READ_AHEAD;
            let told = format!("{read} bytes were read of a body with a limit of {BODY_LIMIT}");
            (!fits).then_some((Rule::TheWholeAnswerOrNone, told))
        }
        (Expected::Beginning, _) => Some((Rule::TheWholeAnswerOrNone, reported.told())),
    }
}
