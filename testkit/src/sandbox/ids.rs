//! Ids and tokens from one seed: unlike each other, and the same in every run.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::rfc3339;
use crate::unix_time::unix_seconds;

/// Every id that the sandbox gives out. Not for secrets of value: who knows the seed knows all.
#[derive(Clone)]
pub(super) struct Ids {
    rng: fastrand::Rng,
    requests: u64,
}

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            requests: 0,
        }
    }

    /// A version 4 UUID.
    pub(super) fn uuid(&mut self) -> Uuid {
        let bytes = self.rng.u128(..).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The name of one request in the answer's headers.
    pub(super) fn request(&mut self) -> String {
        self.requests = self.requests.saturating_add(1);
        format!("req-{:08}", self.requests)
    }

    /// The number of a subscription, in the form that its payment channel gives it.
    pub(super) fn subscription(&mut self) -> String {
        format!("I-{:012X}", self.rng.u64(..1 << 48))
    }

    /// The checkout provider's own order number: the time as `YmdHis` and eight digits (grade V).
    pub(super) fn trade_number(&mut self, now: SystemTime) -> String {
        let tail = self.rng.u64(..100_000_000);
        let mut time = rfc3339(now);
        time.retain(|sign| sign.is_ascii_digit());
        time.truncate("20260519153844".len());
        format!("{time}{tail:08}")
    }

    /// A value from 0 up to and including `most`.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.rng.u64(..=most)
    }

    /// A token of three base64url parts like a JWT's. Its `exp` is true; its signature is noise,
    /// because the only one who checks it, the sandbox, knows its tokens by heart.
    pub(super) fn jwt(&mut self, issued: SystemTime, expires: SystemTime) -> String {
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let payload = json!({
            "sub": "partner",
            "jti": self.uuid().to_string(),
            "iat": unix_seconds(issued),
            "exp": unix_seconds(expires),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let (high, low) = (self.rng.u128(..), self.rng.u128(..));
        let noise = [high.to_be_bytes(), low.to_be_bytes()].concat();
        let signature = URL_SAFE_NO_PAD.encode(noise);
        format!("{}.{}.{signature}", part(&header), part(&payload))
    }
}
