//! The whole quickstart through both fronts and with both adapters.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use http::Response;
use sanspay_core::checkout::{
    Checkout, Environment, Matched, Order, Product, ProductType, SigningKey, Verifier,
};
use sanspay_core::partner::{
    self, Expected, FetchToken, ListPayments, NewPayment, NewPayout, Raw, ShowPayment,
    UnconfirmedEvent,
};
use sanspay_core::{Currency, ErrorKind, Lifetime, TlsProblem};
use sanspay_e2e::{Adapter, AnyClient, Front, Setup, fronts};
use sanspay_testkit::pki::Pki;
use sanspay_testkit::sandbox::RecordKind;
use sanspay_testkit::server::{FREE_PORT, Merchant};

const PATIENCE: Duration = Duration::from_secs(10);

/// What a merchant does with the partner API, as in the quickstart.
fn partner_api(client: &AnyClient, front: &Front, webhooks: &mpsc::Receiver<Vec<u8>>) {
    let credentials = sanspay_core::Credentials::new("sandbox-key-id", "sandbox-key-secret");
    let token = client.call(FetchToken::new(credentials.unwrap())).unwrap();
    assert_eq!(token.lifetime(), Lifetime::For(Duration::from_secs(3600)));
    let ten = "10.00".parse().unwrap();
    let payment = client
        .call(NewPayment::new("order-1", ten, Currency::USD))
        .unwrap();
    front
        .provider
        .with(|sandbox, now| sandbox.pay("order-1", now))
        .unwrap();
    loop {
        let event = UnconfirmedEvent::parse(
            &webhooks.recv_timeout(PATIENCE).unwrap(),
            &sanspay_core::Wire::default(),
        )
        .unwrap();
        let confirmed = client.call(event.confirm()).unwrap();
        let order = Expected::payment("order-1", ten, Currency::USD);
        if let partner::Matched::Paid(paid) = confirmed.matches(&order) {
            assert_eq!(paid.id(), payment.id());
            break;
        }
    }
    let to = BTreeMap::from([("iban", "DE89370400440532013000")]);
    let payout = NewPayout::new("payout-1", "7.50".parse().unwrap(), Currency::EUR, &to);
    client.call(payout).unwrap();
    assert_eq!(
        front.provider.with(
            |sandbox: &mut sanspay_testkit::sandbox::Sandbox, _: SystemTime| {
                sandbox.executions(RecordKind::Payout, "payout-1")
            }
        ),
        1
    );
    assert_eq!(
        client.all(ListPayments::new().per_page(1)).unwrap().len(),
        2
    );
    let shown = client.call(ShowPayment::new(payment.id())).unwrap();
    assert!(shown.status().is_paid());
}

/// The status with which a checkout URL is answered, opened through the same front.
fn open(client: &AnyClient, url: &str) -> u16 {
    let target = url.split_once("/checkout").unwrap().1;
    let query = target.strip_prefix('?').unwrap();
    let pairs = form_pairs(query);
    let mut open = Raw::<serde_json::Value>::new(http::Method::GET, "/checkout");
    for (name, value) in pairs {
        open = open.query(name, value);
    }
    let error = client.call(open).unwrap_err();
    // The page is HTML: a success that is no JSON.
    match error.kind() {
        ErrorKind::Unreadable => 200,
        _ => error.status().unwrap().as_u16(),
    }
}

fn form_pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// The order's number, which no payer can extend.
const NUMBER: &str = "A-1_0f8c2d5b7e9a4c613f8c2d5b7e9a4c61a4c61";

fn hosted_checkout(
    client: &AnyClient,
    front: &Front,
    base: &str,
    notifications: &mpsc::Receiver<Vec<u8>>,
    notify: String,
) {
    let key = SigningKey::new("sandbox-app-key").unwrap();
    let price = "9.90".parse().unwrap();
    let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
    let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, product)
        .order(NUMBER, price, Currency::USD)
        .notify_url(notify)
        .return_url("https://shop.example.com/thanks")
        .page(format!("{base}/checkout"))
        .sign(&key, SystemTime::now())
        .unwrap();
    let url = signed.url();
    assert_eq!(open(client, &url), 200);
    assert_eq!(
        open(
            client,
            &url.replace("total_amount=9.90", "total_amount=9.91")
        ),
        400
    );
    front
        .provider
        .with(|sandbox, now| sandbox.pay_order(NUMBER, now))
        .unwrap();
    let keys = [key, SigningKey::new("sandbox-default-key").unwrap()];
    let verifier = Verifier::for_sandbox(keys).unwrap();
    let order = Order::new("sandbox-app", NUMBER, price, Currency::USD, "Tea");
    let order = order.channel("2", Currency::USD);
    let body = notifications.recv_timeout(PATIENCE).unwrap();
    let matched = verifier
        .notification(&body)
        .and_then(|signed| signed.matches(&order));
    assert!(matches!(matched, Ok(Matched::Paid(_))));
    let forged = String::from_utf8(body).unwrap().replace("A-1", "A-2");
    assert!(verifier.notification(forged.as_bytes()).is_err());
}

#[test]
fn the_whole_quickstart_runs_through_both_fronts_with_both_adapters() {
    let pki = Pki::new();
    for kind in fronts() {
        for adapter in Adapter::BOTH {
            let (webhook, webhooks) = mpsc::channel();
            let (notification, notifications) = mpsc::channel();
            let merchant = Merchant::listen(FREE_PORT, move |request| {
                let is_webhook = request.uri().path() == "/webhooks";
                let queue = if is_webhook { &webhook } else { &notification };
                let _ = queue.send(request.into_body());
                Response::new(b"succeed".to_vec())
            })
            .unwrap();
            let mut setup = Setup::new(&pki);
            let webhook_url = format!("{}/webhooks", merchant.base_url()).parse().unwrap();
            setup.sandbox.partner.webhook_url = Some(webhook_url);
            let front = Front::start(kind, &setup);
            let client = AnyClient::new(adapter, &front.base_url(), pki.tls(&pki.client));
            partner_api(&client, &front, &webhooks);
            let notify = format!("{}/notify", merchant.base_url());
            hosted_checkout(&client, &front, &front.base_url(), &notifications, notify);

            let fingerprint = pki.client.fingerprint();
            front.provider.with(|sandbox, _| {
                // Without `X-SSL-Client-Verify: SUCCESS` each would have been answered 400.
                assert!(sandbox.seen().count() >= 10);
                for seen in sandbox.seen() {
                    let forwarded = seen.client_fingerprint.as_deref();
                    assert_eq!(
                        forwarded,
                        Some(fingerprint.as_str()),
                        "{kind:?} {adapter:?}"
                    );
                }
            });
        }
    }
}

#[test]
fn without_mtls_a_plain_bearer_client_works_by_configuration_alone() {
    let pki = Pki::new();
    let payment = || NewPayment::new("order-1", "10.00".parse().unwrap(), Currency::USD);
    for kind in fronts() {
        for adapter in Adapter::BOTH {
            let front = Front::start(kind, &Setup::without_mtls(&pki));
            let bearer = pki.trusting().build().unwrap();
            let client = AnyClient::new(adapter, &front.base_url(), bearer.clone());
            client.call(payment()).unwrap();
            // The same client where mutual TLS is on.
            let strict = Front::start(kind, &Setup::new(&pki));
            let client = AnyClient::new(adapter, &strict.base_url(), bearer);
            let error = client.call(payment()).unwrap_err();
            assert_eq!(error.tls(), Some(TlsProblem::ClientCertificateMissing));
        }
    }
}
