//! The control routes: the other people's hands, for a client on a socket.

use std::time::{Duration, SystemTime};

use http::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::Sandbox;
use super::answer::{self, Answer, Refusal};
use super::partner::ActionError;
use super::rules::FaultRule;

/// The paths below this are the sandbox's own and no provider's.
pub(super) const PREFIX: &str = "/sandbox/";

impl Sandbox {
    /// Answers one control request; `rest` is the path behind [`PREFIX`].
    pub(super) fn control(
        &mut self,
        rest: &str,
        request: &Request<Vec<u8>>,
        now: SystemTime,
    ) -> Response<Vec<u8>> {
        let method = request.method().as_str();
        let parts: Vec<_> = rest
            .split('/')
            .map(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy())
            .collect();
        let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        let answer = match (method, parts.as_slice()) {
            ("POST", ["faults"]) => self.add_faults(request.body()),
            ("DELETE", ["faults"]) => {
                self.clear_faults();
                done(Ok(()))
            }
            ("POST", ["webhooks"]) => self.change_webhooks(request.body()),
            ("POST", ["tokens", "revoke"]) => {
                self.revoke_tokens();
                done(Ok(()))
            }
            ("POST", ["deliveries", "hold"]) => {
                self.hold_deliveries();
                done(Ok(()))
            }
            ("POST", ["deliveries", "release"]) => {
                self.release_deliveries();
                done(Ok(()))
            }
            ("POST", ["records", id, "pay"]) => done(self.pay(id, now)),
            ("POST", ["records", id, "fail"]) => done(self.fail(id, now)),
            ("POST", ["records", id, "expire"]) => done(self.expire(id, now)),
            ("POST", ["orders", no, "pay"]) => done(self.pay_order(no, now).map(drop)),
            ("POST", ["orders", no, "fail"]) => done(self.fail_order(no, now).map(drop)),
            ("POST", ["orders", no, "renew"]) => done(self.renew_order(no, now)),
            ("GET", ["requests"]) => Ok(self.seen_as_json()),
            ("GET", ["deliveries", "refused"]) => {
                let reasons = self.refused_deliveries().map(ToString::to_string);
                Ok(answer::json(StatusCode::OK, &reasons.collect()))
            }
            (
                _,
                ["faults" | "webhooks" | "requests"]
                | ["tokens", "revoke"]
                | ["deliveries", "hold" | "refused" | "release"],
            ) => Err(answer::not_allowed(match parts.as_slice() {
                ["requests"] | ["deliveries", "refused"] => "GET",
                ["faults"] => "DELETE, POST",
                _ => "POST",
            })),
            _ => Err(Box::new(answer::no_route())),
        };
        answer.unwrap_or_else(|refusal| *refusal)
    }

    fn add_faults(&mut self, body: &[u8]) -> Answer {
        let rules = match read(body)? {
            Value::Array(rules) => rules,
            rule => vec![rule],
        };
        let rules: Option<Vec<FaultRule>> = rules.iter().map(read_rule).collect();
        for rule in rules.ok_or_else(not_understood)? {
            self.add_fault(rule);
        }
        done(Ok(()))
    }

    fn change_webhooks(&mut self, body: &[u8]) -> Answer {
        let Value::Object(change) = read(body)? else {
            return Err(not_understood());
        };
        let mut webhooks = self.webhooks();
        for (name, value) in &change {
            let number = value.as_u64().and_then(|n| u32::try_from(n).ok());
            let number = number.ok_or_else(not_understood)?;
            let wait = Duration::from_millis(number.into());
            match name.as_str() {
                "copies" => webhooks.copies = number,
                "delay_ms" => webhooks.delay = wait,
                "spread_ms" => webhooks.spread = wait,
                _ => return Err(not_understood()),
            }
        }
        self.set_webhooks(webhooks);
        done(Ok(()))
    }

    fn seen_as_json(&self) -> Response<Vec<u8>> {
        let requests: Value = self
            .seen()
            .map(|seen| {
                json!({
                    "method": seen.method.as_str(),
                    "path": seen.path,
                    "status": seen.status.as_u16(),
                })
            })
            .collect();
        answer::json(StatusCode::OK, &requests)
    }
}

fn done(result: Result<(), ActionError>) -> Answer {
    match result {
        Ok(()) => Ok(answer::empty(StatusCode::NO_CONTENT)),
        Err(ActionError::NotFound) => Err(answer::refusal(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no such record or order.",
        )),
        Err(ActionError::Ended) => Err(answer::refusal(
            StatusCode::CONFLICT,
            "ended",
            "It already ended in another way.",
        )),
    }
}

fn not_understood() -> Refusal {
    answer::refusal(
        StatusCode::UNPROCESSABLE_ENTITY,
        "not_understood",
        "The sandbox does not understand this.",
    )
}

fn read(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| not_understood())
}

fn read_rule(value: &Value) -> Option<FaultRule> {
    let object: &Map<String, Value> = value.as_object()?;
    let mut rule = FaultRule::new(object.get("fault")?.as_str()?.parse().ok()?);
    for (name, value) in object {
        let number = || u32::try_from(value.as_u64()?).ok();
        rule = match name.as_str() {
            "fault" => rule,
            "method" => rule.method(Method::from_bytes(value.as_str()?.as_bytes()).ok()?),
            "path" => rule.path(value.as_str()?),
            "skip" => rule.skip(number()?),
            "times" => rule.times(number()?),
            _ => return None,
        };
    }
    Some(rule)
}
