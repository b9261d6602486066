//! Webhooks and notifications in any order, repeated, late and forged: one end, and acted on once.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sanspay_core::checkout;
use sanspay_core::partner::{Change, ConfirmedEvent, Status, UnconfirmedEvent};
use sanspay_core::{Api, BaseUrl, Endpoint};

const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

const KINDS: [&str; 4] = ["created", "paid", "failed", "expired"];

fn record(status: &str) -> String {
    format!(r#"{{"id":"{ID}","status":"{status}","amount":"10.00","currency":"USD"}}"#)
}

/// A delivery that claims whatever it likes.
#[derive(Debug, Clone)]
struct Delivery {
    kind: &'static str,
    claim: &'static str,
}

fn deliveries() -> impl Strategy<Value = Vec<Delivery>> {
    let delivery = (select(&KINDS[..]), select(&KINDS[..]));
    vec(
        delivery.prop_map(|(kind, claim)| Delivery { kind, claim }),
        1..12,
    )
}

/// What a merchant does by the documentation.
struct Merchant {
    status: Status,
    handled: BTreeSet<String>,
    acted_on_paid: u32,
}

impl Merchant {
    fn new() -> Self {
        Self {
            status: Status::Created,
            handled: BTreeSet::new(),
            acted_on_paid: 0,
        }
    }

    fn receive(&mut self, delivery: &Delivery, provider: &str) -> ConfirmedEvent {
        let claim = record(delivery.claim);
        let body = format!(r#"{{"event":"payment.{}","data":{claim}}}"#, delivery.kind);
        let event =
            UnconfirmedEvent::parse(body.as_bytes(), &sanspay_core::Wire::default()).unwrap();
        let api = Api::new(BaseUrl::new("https://api.example.com").unwrap());
        let fetched = record(provider);
        let answer = http::Response::new(fetched.as_bytes());
        let confirmed = event.confirm().read(&api, &answer).unwrap();
        let status = confirmed.record().status().clone();
        let new = self.handled.insert(confirmed.dedup_key().to_string());
        if new && self.status.change_to(&status) == Change::Advance {
            self.acted_on_paid += u32::from(status.is_paid());
            self.status = status;
        }
        confirmed
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_order_and_repetition_of_the_four_events_ends_where_the_provider_is(
        deliveries in deliveries(),
        end in select(&KINDS[1..]),
        before in 0usize..12,
    ) {
        // Up to some delivery the record is created, and from there on at its end.
        let before = before.min(deliveries.len() - 1);
        let mut merchant = Merchant::new();
        for (number, delivery) in deliveries.iter().enumerate() {
            let provider = if number < before { "created" } else { end };
            merchant.receive(delivery, provider);
            let known = merchant.status.as_str();
            prop_assert!(known == provider, "{known} while the provider has {provider}");
        }
        prop_assert_eq!(merchant.status.as_str(), end);
        prop_assert_eq!(merchant.acted_on_paid, u32::from(end == "paid"));
    }

    #[test]
    fn no_forged_event_moves_a_record_whatever_it_claims(deliveries in deliveries(), real in select(&KINDS[..])) {
        let mut merchant = Merchant::new();
        for delivery in &deliveries {
            let confirmed = merchant.receive(delivery, real);
            let honest = delivery.kind == real && delivery.claim == real;
            prop_assert_eq!(confirmed.agrees(), honest);
        }
        prop_assert_eq!(merchant.status.as_str(), real);
    }

    /// The checkout's statuses come without a way to ask: their rank has to do it alone.
    #[test]
    fn any_order_and_repetition_of_notifications_is_paid_once_any_of_them_is(
        told in vec(select(checkout::Status::ALL.to_vec()), 1..12),
    ) {
        let apply = |told: &mut dyn Iterator<Item = checkout::Status>| {
            told.fold(checkout::Status::Created, |status, new| match status.progress(new) {
                checkout::Progress::Advance => new,
                checkout::Progress::Replay | checkout::Progress::Regression => status,
            })
        };
        let forwards = apply(&mut told.iter().copied());
        let backwards = apply(&mut told.iter().rev().copied());
        let twice = apply(&mut told.iter().chain(&told).copied());
        let paid = told.iter().any(|status| status.is_success());
        prop_assert_eq!([forwards, backwards, twice].map(checkout::Status::is_success), [paid; 3]);
        prop_assert_eq!(forwards, twice);
    }
}
