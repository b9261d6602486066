//! The partner page: payments, payouts, the list, and webhooks.

use std::collections::BTreeMap;
use std::sync::Arc;

use sanspay_async::Client;
use sanspay_core::Currency;
use sanspay_core::partner::{NewPayment, NewPayout};
use sanspay_testkit::sandbox::FaultRule;

use super::stage::{Stage, play, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_a_claim_until_its_record_was_fetched() {
    play(|stage| Box::pin(webhooks(stage))).await;
}

async fn webhooks(stage: Arc<Stage>) {
    let partner = format!("{}/partner", stage.shop.base_url());
    stage.browser.open(&partner).await;
    stage.browser.shows("None so far.").await;
    stage.check().await;
    // Records cannot be fetched for now: what comes in stays a claim.
    let broken = || {
        FaultRule::new("503".parse().unwrap())
            .path("/partner/payments/*")
            .times(u32::MAX)
    };
    stage
        .shop
        .provider()
        .with(|sandbox, _| sandbox.add_fault(broken()));
    stage.browser.click("Create payment").await;
    stage.browser.shows("unconfirmed").await;
    stage.check().await;
    stage
        .shop
        .provider()
        .with(|sandbox, _| sandbox.clear_faults());
    stage.browser.shows("found: created").await;
    assert!(!stage.browser.text().await.contains("unconfirmed"));
    // The payer pays on the provider's page, and the feed follows.
    stage.browser.click("Open").await;
    stage.browser.shows("Qiaopay").await;
    stage.check().await;
    stage.browser.click("Pay USD 12.50").await;
    stage.browser.shows("found: paid").await;
    let ledger = "return document.querySelector('tbody tr').cells[4].textContent";
    stage.all_delivered().await;
    stage.browser.open(&partner).await;
    assert_eq!(stage.browser.run(ledger).await, "Paid");
    stage.check().await;
    // A forged webhook is fetched as well, and there is no such record.
    let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";
    let event = format!(
        r#"{{"event":"payment.paid","data":{{"id":"{id}","status":"paid","amount":"1","currency":"USD"}}}}"#
    );
    let answer = send(
        "POST",
        &format!("{}/webhooks", stage.shop.base_url()),
        &event,
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    stage.browser.shows("found: no such record").await;
    stage.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_and_payouts_are_listed_by_filter_and_page() {
    play(|stage| Box::pin(lists(stage))).await;
}

async fn lists(stage: Arc<Stage>) {
    let partner = format!("{}/partner", stage.shop.base_url());
    for cents in 10..16 {
        let form = format!("amount=1.{cents}&currency=EUR&description=%3Cb%3Etea");
        let answer = send("POST", &format!("{partner}/payments"), &form).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }
    stage.browser.open(&partner).await;
    stage.browser.click("Request payout").await;
    stage.browser.shows("USD 40.00").await;
    stage.browser.shows("Page 1 of 2").await;
    stage.check().await;
    stage.browser.click("Next page").await;
    stage.browser.shows("Page 2 of 2").await;
    stage.check().await;
    stage.browser.open(&format!("{partner}?type=payout")).await;
    stage.browser.shows("Page 1 of 1").await;
    let rows = "return document.querySelectorAll('tbody tr').length";
    assert_eq!(stage.browser.run(rows).await, 1);
    // What others wrote is text on the payer's page as well.
    stage
        .browser
        .open(&format!("{partner}?type=payment&currency=EUR&page=2"))
        .await;
    stage.browser.shows("Page 2 of 2").await;
    stage.browser.click("Open").await;
    stage.browser.shows("<b>tea").await;
    stage.browser.click("Let it fail").await;
    stage.browser.shows("Partner API").await;
    stage.browser.client.back().await.unwrap();
    stage.browser.client.refresh().await.unwrap();
    stage.browser.shows("This payment is over").await;
    stage.check().await;
    // A wrong amount is told, and nothing is sent.
    let sent = |sandbox: &sanspay_testkit::sandbox::Sandbox| {
        sandbox
            .seen()
            .filter(|seen| seen.method == http::Method::POST)
            .count()
    };
    let before = stage.shop.provider().with(|sandbox, _| sent(sandbox));
    let answer = send(
        "POST",
        &format!("{partner}/payouts"),
        "amount=x&currency=EUR&iban=1",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 422") && answer.contains("role=\"alert\""));
    assert_eq!(
        stage.shop.provider().with(|sandbox, _| sent(sandbox)),
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_with_the_reference_of_a_payment_never_marks_it_paid() {
    play(|stage| Box::pin(payout_reference(stage))).await;
}

async fn payout_reference(stage: Arc<Stage>) {
    let partner = format!("{}/partner", stage.shop.base_url());
    stage.browser.open(&partner).await;
    stage.browser.click("Create payment").await;
    stage.browser.shows("found: created").await;
    let cells = "return [...document.querySelectorAll('tbody td')].map(cell => cell.textContent)";
    let cells = stage.browser.run(cells).await;
    assert_eq!(cells[4], "Open");
    let reference = cells[1].as_str().unwrap();
    // Somebody else who has the keys pays out as much under the same reference.
    let client = Client::builder()
        .base_url(stage.shop.provider().base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .build()
        .unwrap();
    let beneficiary = BTreeMap::from([("iban", "DE89370400440532013000")]);
    let amount = "12.50".parse().unwrap();
    let payout = NewPayout::new(reference, amount, Currency::USD, &beneficiary);
    let payout = client.call(payout).await.unwrap();
    let foreign = NewPayment::new("another-shop", amount, Currency::USD);
    let foreign = client.call(foreign).await.unwrap();
    for id in [payout.id(), foreign.id()] {
        let paid = stage
            .shop
            .provider()
            .with(|sandbox, now| sandbox.pay(&id.to_string(), now));
        paid.unwrap();
    }
    stage.browser.shows("found: type is that of a payout").await;
    stage.browser.shows("not ours").await;
    stage.all_delivered().await;
    stage.check().await;
    let rows = async || {
        stage.browser.open(&partner).await;
        let rows = "return [...document.querySelectorAll('tbody tr')].map(row =>
            [0, 3, 4].map(cell => row.cells[cell].textContent).join(' '))";
        let rows = stage.browser.run(rows).await;
        let mut rows: Vec<String> = serde_json::from_value(rows).unwrap();
        rows.sort();
        rows
    };
    let before = [
        "payment created Open",
        "payment paid Not ours",
        "payout paid Not ours",
    ];
    assert_eq!(rows().await, before);
    // The payment itself does.
    let paid = stage
        .shop
        .provider()
        .with(|sandbox, now| sandbox.pay(reference, now));
    paid.unwrap();
    stage.all_delivered().await;
    let after = [
        "payment paid Not ours",
        "payment paid Paid",
        "payout paid Not ours",
    ];
    assert_eq!(rows().await, after);
}
