//! The hosted checkout's document: one request, its parameters, and the signature that it prints.

use sanspay_core::checkout::{Signature, SigningKey};

use crate::collection::Collection;

/// The parameters that the SDK knows.
const KNOWN: [&str; 13] = [
    "app_id",
    "request_time",
    "notify_url",
    "cancel_url",
    "return_url",
    "product",
    "channel",
    "out_trade_no",
    "total_amount",
    "currency",
    "plan",
    "customer",
    "sign",
];

/// What a collection says about the hosted checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutSample {
    /// The parameters that the SDK knows, in the order of the document.
    pub known: Vec<String>,
    /// Those that it does not know.
    pub unknown: Vec<String>,
    /// The signature that is printed beside them, where there is one.
    pub printed: Option<Signature>,
    /// The one that follows from them and the key.
    pub follows: Signature,
}

impl CheckoutSample {
    /// Reads the sample of a collection; `None` where it has no request for a checkout. `key` is
    /// the key that the document prints, such as [`SigningKey::PUBLIC_SAMPLE`].
    pub fn of(collection: &Collection, key: &SigningKey) -> Option<Self> {
        let has = |query: &[(String, String)], name: &str| query.iter().any(|(n, _)| n == name);
        let operation = collection.operations().iter().find(|operation| {
            has(&operation.query, "app_id") && has(&operation.query, "out_trade_no")
        })?;
        let names = operation.query.iter().map(|(name, _)| name.clone());
        let (known, unknown) = names.partition(|name| KNOWN.contains(&name.as_str()));
        let signed: Vec<_> = operation
            .query
            .iter()
            .filter(|(name, _)| name != "sign")
            .collect();
        let pairs: Vec<(&str, &str)> = signed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let printed = operation.query.iter().find(|(name, _)| name == "sign");
        Some(Self {
            known,
            unknown,
            printed: printed.and_then(|(_, sign)| Signature::from_received(sign)),
            follows: key.sign(&pairs),
        })
    }

    /// Whether the printed signature is the one that follows from the sample.
    pub fn is_consistent(&self) -> bool {
        self.printed.as_ref() == Some(&self.follows)
    }
}
