//! `POST /partner/payments`: create a payment (the capability is grade D, the form grade A).

use std::fmt;

use http::Request;
use serde::Serialize;

use super::expected::Expected;
use super::input::{self, Json, Sent};
use super::record::Record;
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, Intent, Problems};
use crate::json;
use crate::money::{Amount, Currency};
use crate::profile::Compiled;
use crate::timestamp::Timestamp;
use crate::wire::{Api, Reply};

/// Creates a payment; the payer then pays at the record's
/// [`checkout_url`](Record::checkout_url).
///
/// Everything is checked when the request is built, and every problem is reported at once. After
/// a lost answer it is repeated only where you declared that the server honours
/// `Idempotency-Key`; otherwise look it up by its reference
/// ([`UnknownOutcome::lookup`](crate::UnknownOutcome::lookup)).
///
/// ```
/// use sanspay_core::partner::NewPayment;
/// use sanspay_core::{Api, BaseUrl, Currency, Endpoint};
/// let payment = NewPayment::new("", "0.001".parse()?, Currency::USD).return_url("/thanks");
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let error = payment.request(&api).unwrap_err();
/// let fields: Vec<_> = error.problems().iter().map(|problem| problem.field()).collect();
/// assert_eq!(fields, ["reference", "amount", "return_url"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct NewPayment {
    reference: String,
    amount: Amount,
    currency: Currency,
    description: Option<String>,
    customer: Option<Json>,
    return_url: Option<String>,
    cancel_url: Option<String>,
    expires_at: Option<Timestamp>,
    metadata: Option<Json>,
    idempotency_key: Option<String>,
}

impl NewPayment {
    /// `reference` is your own unique id for the payment, at most 255 characters.
    pub fn new(reference: impl Into<String>, amount: Amount, currency: Currency) -> Self {
        Self {
            reference: reference.into(),
            amount,
            currency,
            description: None,
            customer: None,
            return_url: None,
            cancel_url: None,
            expires_at: None,
            metadata: None,
            idempotency_key: None,
        }
    }

    /// What the payer reads, at most 255 characters.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The payer. The document gives no form for it, so anything that serializes is sent as it
    /// is: a struct of yours, or `serde_json::json!({…})`.
    #[must_use]
    pub fn customer(mut self, customer: &(impl Serialize + ?Sized)) -> Self {
        self.customer = Some(Json::new(customer));
        self
    }

    /// Where the payer's browser goes afterwards: an absolute URL.
    #[must_use]
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }

    /// Where the payer's browser goes when the payer cancels: an absolute URL.
    #[must_use]
    pub fn cancel_url(mut self, url: impl Into<String>) -> Self {
        self.cancel_url = Some(url.into());
        self
    }

    /// Until when it can be paid.
    #[must_use]
    pub fn expires_at(mut self, time: Timestamp) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Data of yours that comes back with the record: anything that serializes.
    #[must_use]
    pub fn metadata(mut self, metadata: &(impl Serialize + ?Sized)) -> Self {
        self.metadata = Some(Json::new(metadata));
        self
    }

    /// Replaces the idempotency key, which is `payment-` and the reference otherwise.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// What the provider's record of it has to be: keep it with your order.
    pub fn expected(&self) -> Expected {
        Expected::payment(&self.reference, self.amount, self.currency.clone())
    }

    /// What is sent of each field, at the places that the profile gives them.
    fn body(&self, tables: &Compiled) -> Vec<u8> {
        let value = |field: &str| {
            Some(match field {
                "reference" => Sent::Text(&self.reference),
                "amount" => Sent::Amount(tables.money.write(self.amount, &self.currency)?),
                "currency" => Sent::Currency(&self.currency),
                "description" => Sent::Text(self.description.as_deref()?),
                "customer" => Sent::Json(self.customer.as_ref()?),
                "return_url" => Sent::Text(self.return_url.as_deref()?),
                "cancel_url" => Sent::Text(self.cancel_url.as_deref()?),
                "expires_at" => Sent::Time(tables.time.write(self.expires_at?)),
                "metadata" => Sent::Json(self.metadata.as_ref()?),
                _ => return None,
            })
        };
        json::write(&tables.payment.written(&value))
    }

    fn given(&self) -> [(&'static str, bool); 6] {
        [
            ("description", self.description.is_some()),
            ("customer", self.customer.is_some()),
            ("return_url", self.return_url.is_some()),
            ("cancel_url", self.cancel_url.is_some()),
            ("expires_at", self.expires_at.is_some()),
            ("metadata", self.metadata.is_some()),
        ]
    }
}

const OPERATION: &str = "create payment";

impl Endpoint for NewPayment {
    type Output = Record;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let tables = api.wire().profile.tables();
        let mut problems = Problems::new();
        input::check_text(&mut problems, "reference", &self.reference);
        input::check_money(&mut problems, self.amount, &self.currency, &tables.money);
        input::check_taken(&mut problems, &tables.payment, &self.given());
        if let Some(text) = &self.description {
            input::check_text(&mut problems, "description", text);
        }
        if let Some(customer) = &self.customer {
            customer.check(&mut problems, "customer");
        }
        if let Some(url) = &self.return_url {
            input::check_url(&mut problems, "return_url", url);
        }
        if let Some(url) = &self.cancel_url {
            input::check_url(&mut problems, "cancel_url", url);
        }
        if let Some(metadata) = &self.metadata {
            metadata.check(&mut problems, "metadata");
        }
        let own = self.idempotency_key.as_deref();
        let key = input::idempotency_key(&mut problems, own, "payment", &self.reference);
        input::post(
            OPERATION,
            api,
            &api.wire().payments,
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
        Some(Intent::of(&self.expected()))
    }
}

/// Shows amount and currency; everything else may be customer data.
impl fmt::Debug for NewPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = Some(&self.currency).filter(|currency| currency.is_code());
        f.debug_struct("NewPayment")
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
    use crate::wire::Wire;
    use http::Method;
    use serde_json::{Value, json};

    fn api() -> Api {
        Api::new(BaseUrl::new("https://api.example.com").unwrap())
    }

    fn payment() -> NewPayment {
        NewPayment::new("order-SECRET", "10.00".parse().unwrap(), Currency::USD)
            .description("Tea SECRET")
            .customer(&json!({"email": "SECRET@example.com"}))
            .return_url("https://shop.example/SECRET")
            .cancel_url("https://shop.example/cancel")
            .expires_at("2026-05-19T15:38:44Z".parse().unwrap())
            .metadata(&json!({"cart": 7}))
    }

    #[test]
    fn the_request_holds_every_field_and_a_stable_key() {
        let request = payment().request(&api()).unwrap();
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "https://api.example.com/partner/payments");
        assert_eq!(request.headers()["idempotency-key"], "payment-order-SECRET");
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let expected = json!({
            "reference": "order-SECRET", "amount": "10.00", "currency": "USD",
            "description": "Tea SECRET", "customer": {"email": "SECRET@example.com"},
            "return_url": "https://shop.example/SECRET",
            "cancel_url": "https://shop.example/cancel",
            "expires_at": "2026-05-19T15:38:44Z", "metadata": {"cart": 7},
        });
        assert_eq!(body, expected);
        let again = payment().request(&api()).unwrap();
        assert_eq!(again.body(), request.body());
        assert_eq!(again.headers(), request.headers());
    }

    #[test]
    fn what_is_not_given_is_not_sent() {
        let small = NewPayment::new("r", "1".parse().unwrap(), Currency::CNY);
        let request = small.request(&api()).unwrap();
        assert_eq!(
            request.body(),
            br#"{"reference":"r","amount":"1","currency":"CNY"}"#
        );
    }

    #[test]
    fn route_header_and_key_can_be_replaced() {
        let wire = Wire {
            payments: "/v2/pay".into(),
            idempotency_key_header: http::HeaderName::from_static("x-once"),
            ..Wire::default()
        };
        let request = payment()
            .idempotency_key("k1")
            .request(&api().with_wire(wire))
            .unwrap();
        assert_eq!(request.uri().path(), "/v2/pay");
        assert_eq!(request.headers()["x-once"], "k1");
        assert!(!request.headers().contains_key("idempotency-key"));
    }

    #[test]
    fn every_problem_is_reported_at_once_and_no_value_is_quoted() {
        struct Broken;
        impl Serialize for Broken {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("SECRET"))
            }
        }
        let wrong = NewPayment::new(
            " SECRET\n",
            "0".parse().unwrap(),
            Currency::from_received("SECRET"),
        )
        .description("x".repeat(256))
        .customer(&Broken)
        .return_url("SECRET")
        .cancel_url("ftp://SECRET")
        .metadata(&Value::Null)
        .idempotency_key("SECRET KEY");
        let error = wrong.request(&api()).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Invalid, "create payment")
        );
        let mut fields: Vec<_> = error.problems().iter().map(crate::Problem::field).collect();
        fields.dedup();
        let all = [
            "reference",
            "amount",
            "currency",
            "description",
            "customer",
            "return_url",
            "cancel_url",
            "metadata",
            "idempotency_key",
        ];
        assert_eq!(fields, all);
        assert!(!format!("{error} {error:?} {wrong:?}").contains("SECRET"));
    }

    #[test]
    fn amounts_have_no_more_decimals_than_their_currency() {
        let fine = |amount: &str, code: &str| {
            let currency = Currency::new(code).unwrap();
            NewPayment::new("r", amount.parse().unwrap(), currency)
                .request(&api())
                .is_ok()
        };
        assert!(fine("1", "JPY") && fine("1.0", "JPY") && fine("1.234", "KWD"));
        assert!(!fine("1.5", "JPY") && !fine("1.234", "USD") && !fine("0.00", "USD"));
    }

    #[test]
    fn debug_holds_no_customer_data() {
        let text = format!("{:?}", payment().idempotency_key("SECRET"));
        assert!(
            !text.contains("SECRET") && !text.contains("order"),
            "{text}"
        );
    }
}
