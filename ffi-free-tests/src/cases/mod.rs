//! What a server may answer, or post to a webhook's URL, and what the SDK has to make of it: each
//! line of `fixtures/partner_answers.jsonl` is played and compared with its `expect`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a line that is no case ends the test"
)]

mod expect;
mod observe;
mod script;

use serde_json::Value;

use observe::Observed;
use sanspay_core::partner::{
    FetchToken, ListPayments, NewPayment, NewPayout, Record, RecordType, Resolution, ShowPayment,
    Status, UnconfirmedEvent,
};
use sanspay_core::{Credentials, Endpoint, Error};
pub use script::Script;

use crate::driver::{KEY_ID, KEY_SECRET};

/// The lines that do not hold yet, each with the reason. [`disagreements`] tells when one begins to
/// hold, so that the list can only get shorter.
const NOT_YET: &[(&str, &str)] = &[];

/// How a case calls: the core by hand, or the client of an adapter, over the network that the
/// [`Script`] is.
pub trait Player {
    /// Calls an operation.
    ///
    /// # Errors
    /// Those of the call.
    fn call<E>(&self, endpoint: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send;

    /// All records of a list, and the error that ended it; the adapter's own way to do it.
    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>);
}

/// One line of the fixture.
#[derive(Debug, Clone)]
pub struct Case(Value);

impl Case {
    /// All lines, in their order.
    ///
    /// # Panics
    /// When the fixture is no JSON.
    pub fn all() -> Vec<Self> {
        let lines = include_str!("../../fixtures/partner_answers.jsonl").lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .map(Self)
            .collect()
    }

    /// The name of the line.
    pub fn id(&self) -> &str {
        text(&self.0, "id")
    }

    /// Below which base URL it is asked.
    pub fn base_url(&self) -> &str {
        text(&self.0["request"], "base_url")
    }

    /// What the server answers.
    pub fn script(&self) -> Script {
        let counts_tokens = text(&self.0, "operation") == "token";
        Script::new(&self.0["exchange"], counts_tokens)
    }

    fn play(&self, script: &Script, player: &impl Player) -> Result<Observed, Error> {
        let request = &self.0["request"];
        match text(&self.0, "operation") {
            "show" => player.call(show(request)?).map(Observed::record),
            "create_payment" => player.call(payment(request)?).map(Observed::record),
            "request_payout" => player.call(payout(request)?).map(Observed::record),
            "token" => player.call(token(request)?).map(Observed::token),
            "list" => {
                let (records, end) = player.pages(list(&request["filters"])?);
                Ok(Observed::list(records, end))
            }
            "webhook" => {
                let event = UnconfirmedEvent::parse(
                    text(&request["posted"], "body").as_bytes(),
                    &sanspay_core::Wire::default(),
                )?;
                player.call(event.confirm()).map(Observed::event)
            }
            "lookup" => lookup(request, script, player),
            operation => panic!("{}: the operation {operation} is unknown", self.id()),
        }
    }

    /// Why the line does not hold; `None` where it does.
    fn disagreement(&self, script: &Script, player: &impl Player) -> Option<String> {
        let observed = match self.play(script, player) {
            Ok(observed) => observed,
            Err(error) => Observed::error(error),
        };
        let observed = observed.with_requests(script.requests());
        let differences = expect::differences(&self.0["expect"], &observed)?;
        Some(format!(
            "{}: {differences}\n    {}",
            self.id(),
            text(&self.0, "want")
        ))
    }
}

/// Plays every line, each with a player of its own, and says which ones do not hold, and which ones
/// hold although the list above says that they do not.
pub fn disagreements<P: Player>(player: impl Fn(&Case, &Script) -> P) -> Vec<String> {
    let mut disagreements = Vec::new();
    for case in Case::all() {
        let script = case.script();
        let found = case.disagreement(&script, &player(&case, &script));
        let excused = NOT_YET.iter().find(|(id, _)| *id == case.id());
        match (found, excused) {
            (Some(found), None) => disagreements.push(found),
            (None, Some((id, why))) => {
                disagreements.push(format!("{id} holds, so it is not true any more that {why}"));
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
    disagreements
}

fn show(request: &Value) -> Result<ShowPayment, Error> {
    Ok(ShowPayment::new(
        text(request, "id").parse().map_err(refused)?,
    ))
}

fn payment(request: &Value) -> Result<NewPayment, Error> {
    let amount = text(request, "amount").parse().map_err(refused)?;
    let currency = text(request, "currency").parse().map_err(refused)?;
    Ok(NewPayment::new(
        text(request, "reference"),
        amount,
        currency,
    ))
}

fn payout(request: &Value) -> Result<NewPayout, Error> {
    let amount = text(request, "amount").parse().map_err(refused)?;
    let currency = text(request, "currency").parse().map_err(refused)?;
    let beneficiary = serde_json::json!({"name": "J. Doe", "iban": "DE02120300000000202051"});
    let reference = text(request, "reference");
    Ok(NewPayout::new(reference, amount, currency, &beneficiary))
}

fn token(request: &Value) -> Result<FetchToken, Error> {
    let (id, secret) = (text(request, "key_id"), text(request, "key_secret"));
    Credentials::new(id, secret).map(FetchToken::new)
}

fn list(filters: &Value) -> Result<ListPayments, Error> {
    let mut list = ListPayments::new();
    let Some(filters) = filters.as_object() else {
        return Ok(list);
    };
    for (name, value) in filters {
        let text = value.as_str().unwrap_or_default();
        list = match &**name {
            "status" => list.status(Status::from(text)),
            "type" => list.record_type(RecordType::from(text)),
            "currency" => list.currency(text.parse().map_err(refused)?),
            "reference" => list.reference(text),
            "per_page" => list.per_page(value.as_u64().unwrap_or_default()),
            name => panic!("the filter {name} is unknown"),
        };
    }
    Ok(list)
}

/// A payout whose outcome is not known, and what is found out about it later.
fn lookup(request: &Value, script: &Script, player: &impl Player) -> Result<Observed, Error> {
    let Err(sent) = player.call(payout(request)?) else {
        panic!("the outcome of the payout is known");
    };
    let unknown = sent.unknown().expect("the outcome is unknown").clone();
    let after = request["lookup_after_s"].as_u64().unwrap_or_default();
    script.sleep(std::time::Duration::from_secs(after));
    let resolution = Resolution::from(player.call(unknown.lookup(script.now())));
    Ok(Observed::lookup(&resolution))
}

/// What a case asks for is valid.
fn refused(error: impl std::fmt::Display) -> Error {
    panic!("the case is no case: {error}")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The credentials of every case that does not name its own.
pub const CREDENTIALS: (&str, &str) = (KEY_ID, KEY_SECRET);
