//! The types that hold rules, keys and places, and those that the sandbox has.

use std::time::{Duration, SystemTime};

use http::Response;
use sanspay_core::exchange::{Failure, RetryDecision};
use sanspay_core::journal::{End, Entries, Entry, Journal, MemoryJournal, OrderUpdate, Outcome};
use sanspay_core::partner::{
    Expected, FetchToken, Matched, RecordId, TrustedSenders, UnconfirmedEvent,
};
use sanspay_core::profile::{Grade, LEAVES, LeafValue, Leaves, Profile};
use sanspay_core::{
    AccessToken, Amount, Api, Auth, BaseUrl, CertificateValidity, Credentials, Currency, Cursor,
    Endpoint, Error, ErrorKind, Idempotency, Intent, Lifetime, Limits, NotSent, Problems, Replay,
    RetryPolicy, Secret, SessionBuilder, Settings, Timestamp, TlsProblem, TransportError,
    UnknownOutcome, Wire,
};
use sanspay_ffi_free_tests::World;
use sanspay_testkit::sandbox::{
    ActionError, ChannelKind, CheckoutApp, CheckoutChannel, CheckoutFault, DuplicateReferences,
    Fault, FaultRule, Guard, OrderStatus, PageShape, RecordKind, RecordStatus, Reply, RetryAfter,
    Sandbox, SandboxConfig, Shape, StatusFault,
};

use super::search::Shown;

pub(crate) fn show(shown: &mut Shown) {
    secrets(shown);
    reply(shown);
    rules(shown);
    texts(shown);
    tls(shown);
    journal(shown);
    comparisons(shown);
    sandbox(shown);
}

fn secrets(shown: &mut Shown) {
    shown.debug(&Secret::new("PlantedKeySecret"));
    let credentials = Credentials::new("PlantedKeyId", "PlantedKeySecret").unwrap();
    shown.debug(&credentials);
    shown.debug(&FetchToken::new(credentials));
    shown.error(&Credentials::new("PlantedKeyId\n", "PlantedKeySecret ").unwrap_err());
    let builder = SessionBuilder::new(0).credentials("PlantedKeyId", "Planted KeySecret");
    shown.debug(&builder);
    shown.error(&builder.build().unwrap_err());
    let life = Lifetime::For(Duration::from_secs(1));
    let token = AccessToken::new("PlantedKeySecret", life).unwrap();
    shown.debug(&token);
    shown.debug(&token.authorization());
    shown.error(&AccessToken::new("PlantedKeySecret\n", life).unwrap_err());
    shown.debug(&life);
}

/// The answer that holds a token, as the operation's reader gets it.
fn reply(shown: &mut Shown) {
    let api = Api::new(BaseUrl::new("https://api.example.com").unwrap());
    let response = Response::builder().header("x-key", "PlantedKeySecret");
    let response = response.body("PlantedKeySecret PlantedJane").unwrap();
    let reply = sanspay_core::Reply::new("probe", &api, &response);
    shown.debug(&reply);
    shown.error(&reply.error(ErrorKind::Unreadable, "the answer is not understood"));
}

fn tls(shown: &mut Shown) {
    shown.debug(&TlsProblem::ClientCertificateMissing);
    let (not_before, not_after) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    shown.debug(&CertificateValidity {
        not_before,
        not_after,
    });
    let trusted = TrustedSenders::new(["PlantedKeyId"]);
    shown.error(&trusted.unwrap_err());
    let trusted = TrustedSenders::new(["0123456789abcdef0123456789abcdef01234567"]).unwrap();
    shown.debug(&trusted);
    let mut headers = http::HeaderMap::new();
    let planted = http::HeaderValue::from_static("PlantedKeyId");
    headers.insert("x-ssl-client-verify", planted.clone());
    headers.insert("x-ssl-client-fingerprint", planted);
    shown.both(&trusted.check(&headers).unwrap_err());
}

/// Order and dedup key are the merchant's own, and may name a customer.
fn journal(shown: &mut Shown) {
    let intent = Intent::new("payout", "p-1");
    let mut journal = MemoryJournal::default();
    shown.debug(&journal.begin(&intent, SystemTime::UNIX_EPOCH).unwrap());
    let update = OrderUpdate::new("PlantedJane", "paid", "planted.mail@customer.example");
    assert!(journal.commit(&update).unwrap());
    shown.debug(&journal);
    shown.debug(&update);
    shown.debug(&Outcome::NotExecuted);
    let entry = Entry::Committed(update);
    shown.debug(&entry);
    let mut entries = Entries::default();
    entries.apply(&entry);
    shown.debug(&entries);
    shown.error(&Entries::read(b"PlantedJane\n").unwrap_err());
    let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let (_, entry) = entries.begin(&intent, early);
    shown.error(&entry.unwrap().to_line().unwrap_err());
}

/// What is expected of a record, and what is kept of one that differs.
fn comparisons(shown: &mut Shown) {
    let amount = "10.00".parse().unwrap();
    let order = Expected::payment("PlantedJane", amount, Currency::USD);
    shown.debug(&order);
    let fetched = |amount: &str, reference: &str| {
        let record = serde_json::json!({
            "id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d", "type": "payment", "status": "paid",
            "amount": amount, "currency": "USD", "reference": reference,
            "description": "planted.mail@customer.example",
        });
        let posted = serde_json::json!({"event": "payment.paid", "data": record}).to_string();
        let event =
            UnconfirmedEvent::parse(posted.as_bytes(), &sanspay_core::Wire::default()).unwrap();
        let api = Api::new(BaseUrl::new("https://api.example.com").unwrap());
        let body = record.to_string();
        let confirmed = event.confirm().read(&api, &Response::new(body.as_bytes()));
        confirmed.unwrap().matches(&order)
    };
    let paid = fetched("10.00", "PlantedJane");
    shown.debug(&paid);
    let Matched::Paid(paid) = paid else {
        panic!("it is the order's")
    };
    shown.debug(&paid);
    let Matched::Mismatch(mismatch) = fetched("9.99", "planted.mail@customer.example") else {
        panic!("it is another amount")
    };
    shown.both(&*mismatch);
    shown.debug(&NotSent::proven());
    shown.debug(&End::Late);
}

fn rules(shown: &mut Shown) {
    shown.debug(&Settings::default());
    shown.debug(&RetryPolicy::default());
    shown.debug(&Settings::default().token);
    shown.debug(&Idempotency::Unknown);
    shown.debug(&Failure::Lost);
    shown.debug(&RetryDecision::Stop);
    shown.debug(&Replay::Unsafe);
    shown.debug(&Auth::Bearer);
    shown.debug(&ErrorKind::Lost);
    shown.debug(&Wire::default());
    profile(shown);
    let base = BaseUrl::new("https://api.example.com").unwrap();
    shown.both(&base);
    shown.debug(&Api::new(base));
    for url in [
        "https://PlantedKeyId:PlantedKeySecret@h.example",
        "https://h.example?key=PlantedKeySecret",
        "PlantedKeySecret",
        "http://plantedkeysecret.example",
    ] {
        shown.error(&BaseUrl::new(url).unwrap_err());
    }
    shown.debug(&Limits::new(Duration::ZERO, 1));
    shown.debug(&NotSent::proven());
    shown.both(&TransportError::not_sent(NotSent::proven(), "refused"));
    shown.both(&TransportError::maybe_sent("reset"));
    shown.debug(&Cursor::After("PlantedJane".into()));
    let intent = Intent::new("payout", "PlantedJane");
    shown.debug(&intent);
    shown.debug(&UnknownOutcome::new(intent, std::time::UNIX_EPOCH));
    let mut problems = Problems::new();
    problems.add("field", "is wrong");
    shown.debug(&problems);
    let error: Error = problems.into_result("operation").unwrap_err();
    shown.both(&error.problems()[0]);
}

/// What is parsed from text and must not repeat it.
fn texts(shown: &mut Shown) {
    let wrong = "PlantedJane planted.mail@customer.example";
    shown.both(&wrong.parse::<Amount>().unwrap_err());
    shown.both(&Amount::from_minor_units(1000, 2).unwrap());
    shown.both(&Currency::new(wrong).unwrap_err());
    shown.both(&Currency::USD);
    shown.debug(&Currency::from_received(wrong));
    shown.both(&wrong.parse::<Timestamp>().unwrap_err());
    shown.both(&Timestamp::from_unix_seconds(1).unwrap());
    shown.both(&wrong.parse::<RecordId>().unwrap_err());
}

fn sandbox(shown: &mut Shown) {
    let mut config = SandboxConfig::default();
    config.partner.key_id = Secret::new("PlantedKeyId");
    config.partner.key_secret = Secret::new("PlantedKeySecret");
    let key = sanspay_core::checkout::SigningKey::new("PlantedSigningKey").unwrap();
    config.checkout.apps = vec![CheckoutApp::new("7", key.clone())];
    config.checkout.default_key = Some(key);
    shown.debug(&config.checkout.apps[0]);
    shown.debug(&CheckoutChannel::new("1", "PayPal", true));
    shown.debug(&ChannelKind::PayPal);
    shown.debug(&CheckoutFault::OpenSigning);
    shown.debug(&config.checkout);
    shown.debug(&config.partner);
    shown.debug(&config.partner.webhooks);
    shown.debug(&config.partner.webhooks.attempts);
    shown.debug(&config);
    shown.debug(&Sandbox::new(config.clone()));
    let guard = Guard::new(&config, std::net::Ipv4Addr::LOCALHOST.into());
    shown.debug(&guard);
    let request = http::Request::post("/PlantedJane").header("host", "127.0.0.1");
    let request = request.header("origin", "https://PlantedJane");
    shown.error(
        &guard
            .admit(&request.body("PlantedJane").unwrap())
            .unwrap_err(),
    );
    shown.debug(&World::new(config));
    shown.debug(&Shape::Bare);
    shown.debug(&PageShape::Full);
    shown.debug(&DuplicateReferences::Accept);
    shown.debug(&RecordKind::Payment);
    shown.debug(&RecordStatus::Paid);
    shown.debug(&OrderStatus::Created);
    shown.both(&ActionError::NotFound);
    let fault: Fault = "429 retry-after=1".parse().unwrap();
    shown.both(&fault);
    shown.both(&StatusFault::new(http::StatusCode::BAD_GATEWAY));
    shown.debug(&RetryAfter::Seconds(1));
    shown.debug(&FaultRule::new(fault));
    shown.both(&"PlantedJane".parse::<Fault>().unwrap_err());
    let body = b"PlantedJane".to_vec();
    shown.debug(&Reply::Answer(Response::new(body.clone())));
    shown.debug(&Reply::BrokenOff(Response::new(body)));
}

/// A profile holds no secret, and says what it is made of.
fn profile(shown: &mut Shown) {
    let mut leaves = Leaves::new();
    let refused = leaves.set("record.state", LeafValue::No).unwrap_err();
    shown.both(&refused);
    leaves
        .set("money.form", LeafValue::Text("minor-integer".into()))
        .unwrap();
    shown.debug(&leaves);
    shown.debug(&leaves.get("money.form"));
    shown.debug(&LEAVES[0]);
    shown.debug(&LEAVES[0].kind());
    let grade: Grade = LEAVES[0].grade();
    shown.debug(&grade);
    let profile = Profile::new(leaves).unwrap();
    shown.debug(&profile);
    shown.debug(&Wire::from(profile));
}
