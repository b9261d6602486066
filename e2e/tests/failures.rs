//! Each failure for real: through both fronts and with both adapters it ends in its typed error,
//! is not tried again, and has executed nothing.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sanspay_core::partner::NewPayout;
use sanspay_core::{Currency, ErrorKind};
use sanspay_e2e::{Adapter, AnyClient, Failure, fronts};

fn payout() -> NewPayout {
    let to = BTreeMap::from([("iban", "DE89370400440532013000")]);
    NewPayout::new("payout-1", "7.50".parse().unwrap(), Currency::EUR, &to)
}

#[test]
fn each_failure_has_its_typed_error_and_is_not_tried_again() {
    for kind in fronts() {
        for failure in Failure::all(kind) {
            for adapter in Adapter::BOTH {
                let case = format!("{:?} through {kind:?}, {adapter:?}", failure.problem);
                let client = AnyClient::new(adapter, &failure.base_url, failure.tls.clone());
                let began = Instant::now();
                let error = client.call(payout()).unwrap_err();
                assert_eq!(error.tls(), Some(failure.problem), "{case}: {error:?}");
                assert_eq!(error.kind(), ErrorKind::Tls, "{case}");
                assert_eq!(error.attempts(), 1, "{case}");
                assert!(!error.outcome_unknown(), "{case}");
                assert!(
                    error.to_string().ends_with(failure.problem.advice()),
                    "{case}: {error}"
                );
                assert!(began.elapsed() < Duration::from_secs(5), "{case}");
                let seen = failure
                    .front
                    .provider
                    .with(|sandbox, _| sandbox.seen().count());
                assert_eq!(seen, 0, "{case}: the provider saw a request");
            }
        }
    }
}
