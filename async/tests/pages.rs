//! The stream of pages never passes a broken list for a complete one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use http::Response;
use sanspay_async::Client;
use sanspay_core::ErrorKind;
use sanspay_core::partner::ListPayments;

/// A transport that panics on the second page.
fn client() -> Client {
    Client::builder()
        .base_url("https://api.example.com")
        .credentials("id", "secret")
        .transport(|request: http::Request<Vec<u8>>| async move {
            let body = match (request.method().as_str(), request.uri().query()) {
                ("POST", _) => r#"{"access_token":"t","expires_in":3600}"#.to_owned(),
                (_, None) => r#"{"data":[],"meta":{"current_page":1,"last_page":3}}"#.to_owned(),
                (_, Some(page)) => panic!("the transport is broken on {page}"),
            };
            Ok(Response::new(body.into_bytes()))
        })
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_panic_while_fetching_ahead_reaches_the_reader() {
    for look_ahead in [0, 1, 3] {
        let read = tokio::spawn(async move {
            let mut pages = client().pages(ListPayments::new()).look_ahead(look_ahead);
            pages.next().await.is_none()
        });
        let panic = read
            .await
            .expect_err("a broken list passed for a complete one");
        assert_eq!(
            panic.into_panic().downcast_ref::<String>().unwrap(),
            "the transport is broken on page=2"
        );
    }
}

#[test]
fn a_runtime_that_ends_while_fetching_ahead_is_an_error() {
    let client = Client::builder()
        .base_url("https://api.example.com")
        .credentials("id", "secret")
        .transport(|_| std::future::pending())
        .build()
        .unwrap();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let mut pages = client.pages(ListPayments::new());
    let first = runtime();
    first.block_on(async {
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(1), pages.next());
        assert!(waiting.await.is_err());
    });
    drop(first);
    let error = runtime().block_on(pages.next()).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
}
