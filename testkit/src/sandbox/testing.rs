//! A merchant for the tests: a sandbox, a virtual clock and a token in hand.

use std::time::{Duration, SystemTime};

use http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use super::{Delivery, Sandbox, SandboxConfig};

pub(super) struct Merchant {
    pub(super) sandbox: Sandbox,
    pub(super) now: SystemTime,
    pub(super) token: String,
}

/// A configuration whose webhooks go to the merchant.
pub(super) fn config() -> SandboxConfig {
    let mut config = SandboxConfig::default();
    config.partner.webhook_url = Some("https://shop.example/hooks".parse().unwrap());
    config
}

pub(super) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(super) fn body(response: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

pub(super) fn status(code: u16, body: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

impl Merchant {
    pub(super) fn new(config: SandboxConfig) -> Self {
        let mut merchant = Self {
            sandbox: Sandbox::new(config),
            now: SystemTime::UNIX_EPOCH + seconds(1_800_000_000),
            token: String::new(),
        };
        merchant.renew_token();
        merchant
    }

    pub(super) fn renew_token(&mut self) {
        let keys = json!({"key_id": "sandbox-key-id", "key_secret": "sandbox-key-secret"});
        let answer = self.send(&self.post("/partner/auth/token", &keys));
        let answer: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let answer = answer.get("data").unwrap_or(&answer);
        self.token = answer["access_token"].as_str().unwrap_or_default().into();
    }

    pub(super) fn request(&self, method: Method, path: &str) -> Request<Vec<u8>> {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Vec::new())
            .unwrap()
    }

    pub(super) fn post(&self, path: &str, json: &Value) -> Request<Vec<u8>> {
        let mut request = self.request(Method::POST, path);
        let json_type = "application/json; charset=utf-8".parse().unwrap();
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, json_type);
        *request.body_mut() = json.to_string().into_bytes();
        request
    }

    pub(super) fn send(&mut self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        self.sandbox.handle(request, self.now)
    }

    /// The list of everything.
    pub(super) fn get_request(&self) -> Request<Vec<u8>> {
        self.request(Method::GET, "/partner/payments")
    }

    pub(super) fn get(&mut self, path: &str) -> Response<Vec<u8>> {
        let request = self.request(Method::GET, path);
        self.send(&request)
    }

    pub(super) fn payment(reference: &str) -> Value {
        json!({"reference": reference, "amount": "10.00", "currency": "USD"})
    }

    pub(super) fn payout(reference: &str) -> Value {
        let beneficiary = json!({"iban": "DE00"});
        json!({"reference": reference, "amount": "5", "currency": "EUR", "beneficiary": beneficiary})
    }

    pub(super) fn pay_in(&mut self, reference: &str) -> Response<Vec<u8>> {
        let request = self.post("/partner/payments", &Self::payment(reference));
        self.send(&request)
    }

    pub(super) fn pay_out(&mut self, reference: &str) -> Response<Vec<u8>> {
        let request = self.post("/partner/payouts", &Self::payout(reference));
        self.send(&request)
    }

    /// Receives and acknowledges everything that is due.
    pub(super) fn receive(&mut self) -> Vec<Delivery> {
        let due = self.sandbox.due(self.now);
        for delivery in &due {
            let received = status(200, "succeed");
            self.sandbox
                .delivered(delivery.id, self.now, Some(&received));
        }
        due
    }

    /// The events of the webhooks that are due, with what they are about.
    pub(super) fn events(&mut self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.receive()
            .iter()
            .map(|delivery: &Delivery| {
                let event: Value = serde_json::from_slice(delivery.request.body()).unwrap();
                (text(&event["event"]), text(&event["data"]["reference"]))
            })
            .collect()
    }
}
