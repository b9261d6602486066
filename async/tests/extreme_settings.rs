//! Settings at the ends of their ranges are bounded and never panic.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::time::Duration;

use sanspay_async::Client;
use sanspay_core::partner::ListPayments;
use sanspay_core::{ErrorKind, RetryPolicy};

/// A loopback address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn the_longest_deadline_and_connect_timeout_are_as_good_as_none() {
    let client = Client::builder()
        .base_url(nobody())
        .credentials("id", "secret")
        .retry(RetryPolicy::never())
        .deadline(Duration::MAX)
        .connect_timeout(Duration::MAX)
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
