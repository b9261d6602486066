//! Requests to the sandbox, whose routes read JSON, forms, queries and control requests.

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue, Request, Response, header};
use sanspay_testkit::sandbox::{Guard, Reply, Sandbox, SandboxConfig};
use serde_json::Value;

use crate::{assert_line, assert_silent};

/// The most messages that one request makes due.
const MOST_DUE: usize = 100;

/// A request as on the wire: `POST /path`, header lines, an empty line, the body.
fn read(data: &[u8]) -> Option<Request<Vec<u8>>> {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = data.split_at(end.unwrap_or(data.len()));
    let mut lines = head.split(|b| *b == b'\n');
    let mut first = lines.next()?.splitn(2, |b| *b == b' ');
    let mut request = Request::builder().method(first.next()?).uri(first.next()?);
    for line in lines {
        let colon = line.iter().position(|b| *b == b':')?;
        let (name, value) = line.split_at(colon);
        let value = HeaderValue::from_bytes(value.get(1..)?.trim_ascii()).ok()?;
        request = request.header(HeaderName::from_bytes(name).ok()?, value);
    }
    request
        .body(body.get(2..).unwrap_or_default().to_vec())
        .ok()
}

/// What must hold of an answer, whatever was asked.
fn assert_answer(answer: &Response<Vec<u8>>, whole: bool) {
    assert!(answer.headers().contains_key("x-request-id"));
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let kind = kind.map_or("", |kind| kind.to_str().unwrap());
    let text = std::str::from_utf8(answer.body());
    if kind.starts_with("application/json") && whole {
        serde_json::from_slice::<Value>(answer.body()).unwrap();
    }
    if kind.starts_with("text/html") && whole {
        // Nothing that was sent becomes markup.
        let page = text.unwrap();
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{page}"
        );
    }
    if answer.status().is_redirection() {
        assert!(answer.headers().contains_key(header::LOCATION));
    }
}

/// One request to a sandbox with a payment, and what follows from it.
pub fn sandbox_routes(data: &[u8]) {
    let Some(mut request) = read(data) else {
        return;
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut config = SandboxConfig::default();
    config.partner.webhook_url = "https://shop.example/hooks".parse().ok();
    config.body_limit = 4096;
    let guard = Guard::new(&config, [127, 0, 0, 1].into());
    if let Err(barred) = guard.admit(&request) {
        assert_line(&format!("{barred} {barred:?}"));
        assert!(barred.status().is_client_error());
    }
    let mut sandbox = Sandbox::new(config);
    // A token of the sandbox follows from its seed.
    let keys = br#"{"key_id":"sandbox-key-id","key_secret":"sandbox-key-secret"}"#.to_vec();
    let json = |path: &str| Request::post(path).header("content-type", "application/json");
    let token = sandbox.handle(&json("/partner/auth/token").body(keys).unwrap(), now);
    let token: Value = serde_json::from_slice(token.body()).unwrap();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let order = br#"{"reference":"order-1","amount":"10.00","currency":"USD"}"#.to_vec();
    let create = json("/partner/payments").header("authorization", &bearer);
    assert_eq!(
        sandbox.handle(&create.body(order).unwrap(), now).status(),
        201
    );
    if request
        .headers()
        .get("authorization")
        .is_some_and(|a| a == "T")
    {
        request
            .headers_mut()
            .insert("authorization", bearer.parse().unwrap());
    }
    let outcome = sandbox.exchange(&request, now);
    assert_silent(&format!("{outcome:?} {sandbox:?}"));
    match &outcome.reply {
        Reply::Answer(answer) => {
            let faulted = request.headers().contains_key("x-sandbox-fault");
            assert!(
                faulted || !answer.status().is_server_error(),
                "{}",
                answer.status()
            );
            assert_answer(answer, !faulted);
        }
        Reply::BrokenOff(answer) => assert_answer(answer, false),
        Reply::Lost | Reply::NotConnected => {}
    }
    // What is due is bounded, and ends.
    let later = now + Duration::from_secs(365 * 24 * 3600);
    let due = sandbox.due(now).len() + sandbox.due(later).len();
    let copies = usize::try_from(sandbox.webhooks().copies).unwrap();
    assert!(due <= MOST_DUE.max(4 * copies), "{due}");
}
