//! Settings at the ends of their ranges are bounded and never panic.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sanspay_async::{Client, ReqwestTransport, TlsConfig};
use sanspay_core::partner::ListPayments;
use sanspay_core::{ErrorKind, RetryPolicy};
use sanspay_testkit::network::Refusing;

#[tokio::test]
async fn the_longest_deadline_and_connect_timeout_are_as_good_as_none() {
    let nobody = Refusing::new();
    let tls = TlsConfig::builder().build().unwrap();
    let patient = ReqwestTransport::with_connect_timeout(Duration::MAX, tls);
    let client = Client::builder()
        .base_url(format!("http://{}", nobody.address()))
        .credentials("id", "secret")
        .retry(RetryPolicy::never())
        .deadline(Duration::MAX)
        .transport(patient.unwrap())
        .build()
        .unwrap();
    let calls = [
        client.call(ListPayments::new()).await,
        client.call_within(Duration::MAX, ListPayments::new()).await,
    ];
    for call in calls {
        assert_eq!(call.unwrap_err().kind(), ErrorKind::NotSent);
    }
}
