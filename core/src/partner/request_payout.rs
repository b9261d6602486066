//! `POST /partner/payouts`: request a payout (the capability is grade D, the form grade A).

use std::fmt;

use http::Request;
use serde::{Deserialize, Serialize};

use super::expected::Expected;
use super::input::{self, Json, Sent};
use super::record::Record;
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, Intent, Problems};
use crate::json;
use crate::money::{Amount, Currency};
use crate::profile::Compiled;
use crate::wire::{Api, Reply};

const OPERATION: &str = "request payout";

/// Requests that money is sent to a beneficiary.
///
/// Everything is checked when the request is built, and every problem is reported at once. After
/// a lost answer it is repeated only where you declared that the server honours
/// `Idempotency-Key`; otherwise look it up by its reference
/// ([`UnknownOutcome::lookup`](crate::UnknownOutcome::lookup)).
///
/// ```
/// use sanspay_core::partner::NewPayout;
/// use sanspay_core::{Amount, Api, BaseUrl, Currency, Endpoint};
/// use std::collections::BTreeMap;
///
/// let beneficiary = BTreeMap::from([("name", "Jane"), ("iban", "DE00 0000")]);
/// let amount = Amount::from_minor_units(2550, 2)?;
/// let payout = NewPayout::new("payout-7", amount, Currency::EUR, &beneficiary);
/// let request = payout.request(&Api::new(BaseUrl::new("https://api.example.com")?))?;
/// assert_eq!(request.uri().path(), "/partner/payouts");
/// assert_eq!(request.headers()["idempotency-key"], "payout-payout-7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As JSON it holds every field, the beneficiary included: that is how a store keeps a payout
/// that a worker is to send.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewPayout {
    reference: String,
    amount: Amount,
    currency: Currency,
    beneficiary: Json,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
}

impl NewPayout {
    /// `reference` is your own unique id for the payout, at most 255 characters. The document
    /// gives no form for the beneficiary, so anything that serializes is sent as it is: a struct
    /// of yours, or `serde_json::json!({…})`.
    pub fn new(
        reference: impl Into<String>,
        amount: Amount,
        currency: Currency,
        beneficiary: &(impl Serialize + ?Sized),
    ) -> Self {
        Self {
            reference: reference.into(),
            amount,
            currency,
            beneficiary: Json::new(beneficiary),
            description: None,
            metadata: None,
            idempotency_key: None,
        }
    }

    /// What the beneficiary reads, at most 255 characters.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Data of yours that comes back with the record: anything that serializes.
    #[must_use]
    pub fn metadata(mut self, metadata: &(impl Serialize + ?Sized)) -> Self {
        self.metadata = Some(Json::new(metadata));
        self
    }

    /// Replaces the idempotency key, which is `payout-` and the reference otherwise.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// What the provider's record of it has to be.
    pub fn expected(&self) -> Expected {
        Expected::payout(&self.reference, self.amount, self.currency.clone())
    }

    /// What is sent of each field, at the places that the profile gives them.
    fn body(&self, tables: &Compiled) -> Vec<u8> {
        let value = |field: &str| {
            Some(match field {
                "reference" => Sent::Text(&self.reference),
                "amount" => Sent::Amount(tables.money.write(self.amount, &self.currency)?),
                "currency" => Sent::Currency(&self.currency),
                "beneficiary" => Sent::Json(&self.beneficiary),
                "description" => Sent::Text(self.description.as_deref()?),
                "metadata" => Sent::Json(self.metadata.as_ref()?),
                _ => return None,
            })
        };
        json::write(&tables.payout.written(&value))
    }

    fn given(&self) -> [(&'static str, bool); 2] {
        [
            ("description", self.description.is_some()),
            ("metadata", self.metadata.is_some()),
        ]
    }
}

impl Endpoint for NewPayout {
    type Output = Record;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let tables = api.wire().profile.tables();
        let mut problems = Problems::new();
        input::check_text(&mut problems, "reference", &self.reference);
        input::check_money(&mut problems, self.amount, &self.currency, &tables.money);
        input::check_taken(&mut problems, &tables.payout, &self.given());
        self.beneficiary.check(&mut problems, "beneficiary");
        if let Some(text) = &self.description {
            input::check_text(&mut problems, "description", text);
        }
        if let Some(metadata) = &self.metadata {
            metadata.check(&mut problems, "metadata");
        }
        let own = self.idempotency_key.as_deref();
        let key = input::idempotency_key(&mut problems, own, "payout", &self.reference);
        input::post(
            OPERATION,
            api,
            &api.wire().payouts,
            self.body(tables),
            key,
            problems,
        )
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Record, Error> {
        reply.created_record(&self.expected())
    }

    fn replay(&self) -> Replay {
        Replay::WithIdempotencyKey
    }

    fn intent(&self) -> Option<Intent> {
        let beneficiary = self.beneficiary.canonical();
        Some(Intent::of(&self.expected()).with_beneficiary(&beneficiary))
    }
}

/// Shows amount and currency; everything else may be customer data.
impl fmt::Debug for NewPayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = Some(&self.currency).filter(|currency| currency.is_code());
        f.debug_struct("NewPayout")
            .field("amount", &self.amount)
            .field("currency", &currency)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::wire::BaseUrl;
    use http::Response;
    use serde_json::{Value, json};

    fn api() -> Api {
        Api::new(BaseUrl::new("https://api.example.com").unwrap())
    }

    #[test]
    fn the_request_holds_every_field() {
        let payout = NewPayout::new(
            "p-1",
            "5.5".parse().unwrap(),
            Currency::CNY,
            &json!({"a": 1}),
        )
        .description("wages")
        .metadata("m");
        let body: Value = serde_json::from_slice(payout.request(&api()).unwrap().body()).unwrap();
        let expected = json!({
            "reference": "p-1", "amount": "5.5", "currency": "CNY", "beneficiary": {"a": 1},
            "description": "wages", "metadata": "m",
        });
        assert_eq!(body, expected);
        assert_eq!(payout.replay(), Replay::WithIdempotencyKey);
        let intent = payout.intent().unwrap();
        assert_eq!(
            (intent.record_type(), intent.reference()),
            ("payout", "p-1")
        );
        assert_eq!(intent.expected(), Some(payout.expected()));
        let map = json!({"b": 1, "a": 2});
        let other = NewPayout::new("p-1", "5.50".parse().unwrap(), Currency::CNY, &map);
        let differences = intent.differences(&other.intent().unwrap());
        let fields: Vec<_> = differences.iter().map(crate::Problem::field).collect();
        assert_eq!(fields, ["beneficiary"]);
    }

    /// Such as when a key of the user's own was used for two payouts, and the server answers the
    /// second one with the first.
    #[test]
    fn an_answer_about_another_payout_is_no_success() {
        let beneficiary = json!({"a": 1});
        let payout = NewPayout::new("p-2", "5".parse().unwrap(), Currency::CNY, &beneficiary);
        let answer = |reference: &str| {
            let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
            let body = json!({
                "id": id, "status": "paid", "amount": "5", "currency": "CNY", "reference": reference,
            });
            payout.read(&api(), &Response::new(body.to_string().as_bytes()))
        };
        assert!(answer("p-2").unwrap().status().is_paid());
        assert_eq!(answer("p-1").unwrap_err().kind(), ErrorKind::Mismatch);
    }

    #[test]
    fn every_problem_is_reported_at_once_and_no_value_is_quoted() {
        let currency = Currency::from_received("SECRET");
        let wrong = NewPayout::new("SECRET\u{7f}", "0".parse().unwrap(), currency, &Value::Null)
            .description("")
            .metadata(&Value::Null)
            .idempotency_key("");
        let error = wrong.request(&api()).unwrap_err();
        let fields: Vec<_> = error.problems().iter().map(crate::Problem::field).collect();
        let all = [
            "reference",
            "amount",
            "currency",
            "beneficiary",
            "description",
            "metadata",
            "idempotency_key",
        ];
        assert_eq!(fields, all);
        assert!(!format!("{error} {error:?} {wrong:?}").contains("SECRET"));
    }
}
