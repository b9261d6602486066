//! oauth2 and rusty-s3: a token and a signed URL.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

use http::Response;
use jiff::Timestamp;
use oauth2::basic::BasicClient;
use oauth2::{AuthType, ClientId, ClientSecret, HttpRequest, TokenResponse, TokenUrl};
use rusty_s3::{Bucket, Credentials as S3Credentials, S3Action, UrlStyle};
use sanspay_core::checkout::Checkout;
use sanspay_core::partner::FetchToken;
use sanspay_core::{Api, BaseUrl, Credentials, Endpoint};

use crate::row::{Row, version};
use sanspay_bench::measure::{Effort, compare};
use sanspay_bench::{checkout, partner};

use crate::inputs;

/// A row of each.
pub(crate) fn rows(effort: Effort) -> [Row; 2] {
    [token_row(effort), url_row(effort)]
}

fn token_row(effort: Effort) -> Row {
    let (id, secret) = ("key-4711", "a-long-secret-4711");
    let answer = partner::token_answer();
    let url = "https://api.example.com/partner/token".to_owned();
    let client = BasicClient::new(ClientId::new(id.to_owned()))
        .set_client_secret(ClientSecret::new(secret.to_owned()))
        .set_token_uri(TokenUrl::new(url).expect("a URL"))
        .set_auth_type(AuthType::RequestBody);
    // The transport's part: it is handed the request, and hands over what it received.
    let received = || {
        let mut response = Response::new(black_box(&answer).clone().into_bytes());
        let json = http::HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
        response
    };
    let theirs = || client.exchange_client_credentials().request(&|request: HttpRequest| {
        black_box(request);
        Ok::<_, Infallible>(received())
    });

    let api = Api::new(BaseUrl::new("https://api.example.com").expect("a URL"));
    let fetch = FetchToken::new(Credentials::new(id, secret).expect("keys"));
    let ours = || {
        black_box(fetch.request(&api)).expect("a request");
        let (parts, body) = received().into_parts();
        fetch.read(&api, &Response::from_parts(parts, &*body))
    };
    assert!(theirs().is_ok_and(|token| token.expires_in() == Some(Duration::from_secs(3600))));
    assert!(ours().is_ok());
    Row::of(
        "token round trip without IO",
        version("oauth2"),
        compare(effort, theirs, ours),
        "theirs: the request is a form (RFC 6749); ours: JSON, as the provider wants it; the answer is the same",
    )
}

fn url_row(effort: Effort) -> Row {
    let endpoint = "https://s3.eu-west-1.amazonaws.com".parse();
    let bucket = Bucket::new(
        endpoint.expect("a URL"),
        UrlStyle::VirtualHost,
        "receipts",
        "eu-west-1",
    );
    let bucket = bucket.expect("a bucket");
    let credentials = S3Credentials::new("AKIAIOSFODNN7EXAMPLE", checkout::SECRET);
    let time = Timestamp::from_second(1_639_535_924).expect("a time");
    let theirs = || {
        let action = bucket.get_object(Some(&credentials), black_box("2021/12/order-4711.pdf"));
        action.sign_with_time(Duration::from_secs(3600), &time)
    };
    let key = checkout::key();
    let pairs = inputs::unsorted_pairs();
    let ours = || key.signed_url(Checkout::DEFAULT_PAGE, black_box(&pairs));
    assert!(theirs().as_str().contains("X-Amz-Signature="));
    assert!(ours().contains("sign="));
    let differs = format!(
        "theirs: five HMAC-SHA256 and one SHA-256 over 6 parameters, {} bytes of URL; ours: one MD5 over 12, {} bytes",
        theirs().as_str().len(),
        ours().len()
    );
    Row::of(
        "complete signed URL",
        version("rusty-s3"),
        compare(effort, theirs, ours),
        differs,
    )
}
