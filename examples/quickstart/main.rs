//! Everything once, over real loopback sockets: a payment, its webhook, a payout, the list, and a
//! hosted checkout with the browser's return and the notification.
//! `cargo run --example quickstart`
#![allow(clippy::print_stdout)]

mod receipt;

use std::error::Error;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use receipt::{Receipt, expect};
use sanspay_blocking::Client;
use sanspay_core::checkout::{
    Answer, Checkout, Environment, Matched, Order, OrderNumber, Payment, Product, ProductType,
    Recorded, SigningKey, Verifier,
};
use sanspay_core::partner::{
    self, Expected, FetchToken, ListPayments, NewPayment, NewPayout, Record, ShowPayment,
};
use sanspay_core::{Amount, Credentials, Currency, Lifetime};
use sanspay_testkit::sandbox::{RecordKind, SandboxConfig};
use sanspay_testkit::server::{FREE_PORT, Merchant, Server, serve_in_thread};

type Step<T> = Result<T, Box<dyn Error>>;

/// Longer than any delivery takes, so that a missing one ends the run.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Step<()> {
    let mut receipt = Receipt::new("sanspay quickstart: the SDK against the embedded sandbox");
    // What arrives at the merchant's own server is handed to the steps below.
    let (webhooks, arrived_webhooks) = mpsc::channel();
    let (notifications, arrived_notifications) = mpsc::channel();
    let merchant = start_merchant(webhooks, notifications)?;
    let mut config = SandboxConfig::default();
    config.partner.webhook_url = Some(format!("{}/webhooks", merchant.base_url()).parse()?);
    let provider = serve_in_thread(config, FREE_PORT)?;

    partner_api(&mut receipt, &provider, &arrived_webhooks)?;
    hosted_checkout(&mut receipt, &provider, &merchant, &arrived_notifications)?;
    receipt.end();
    Ok(())
}

fn partner_api(receipt: &mut Receipt, provider: &Server, webhooks: &Receiver<Vec<u8>>) -> Step<()> {
    receipt.chapter("Qiaopay partner API");
    let client = Client::builder()
        .base_url(provider.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .build()?;
    let ten: Amount = "10.00".parse()?;

    receipt.step("exchange the keys for a token", || {
        let credentials = Credentials::new("sandbox-key-id", "sandbox-key-secret")?;
        let token = client.call(FetchToken::new(credentials))?;
        let hour = Lifetime::For(Duration::from_secs(3600));
        expect(token.lifetime() == hour, "a token lives one hour")?;
        Ok(((), "lives one hour".into()))
    })?;
    let order = Expected::payment("order-1", ten, Currency::USD);
    let payment = receipt.step("create a payment", || {
        let payment = client.call(NewPayment::new("order-1", ten, Currency::USD))?;
        expect(!payment.status().is_paid(), "a new payment is not paid")?;
        let told = told(&payment);
        Ok((payment, told))
    })?;
    receipt.step("the payer pays", || {
        provider.with(|sandbox, now| sandbox.pay("order-1", now))?;
        Ok(((), "on the provider's page".into()))
    })?;
    receipt.step("the webhook arrives and is confirmed", || {
        loop {
            let event = client
                .session()
                .read_event(&webhooks.recv_timeout(PATIENCE)?)?;
            // Anyone could have sent it: only the record fetched with our token counts, and only
            // where it is that of the order.
            let confirmed = client.call(event.confirm())?;
            if let partner::Matched::Paid(paid) = confirmed.matches(&order) {
                expect(paid.id() == payment.id(), "it is another payment")?;
                return Ok(((), format!("{} is a fact", told(paid.record()))));
            }
        }
    })?;
    receipt.step("request a payout", || {
        let beneficiary = [("iban", "DE89370400440532013000")];
        let beneficiary = std::collections::BTreeMap::from(beneficiary);
        let payout = NewPayout::new("payout-1", "7.50".parse()?, Currency::EUR, &beneficiary);
        let payout = client.call(payout)?;
        let times = provider.with(|sandbox, _| sandbox.executions(RecordKind::Payout, "payout-1"));
        expect(times == 1, "it was not executed exactly once")?;
        Ok(((), format!("{}, executed once", told(&payout))))
    })?;
    receipt.step("list what there is", || {
        let records: Vec<Record> = client
            .pages(ListPayments::new().per_page(1))
            .collect::<Result<_, _>>()?;
        expect(
            records.len() == 2,
            "one payment and one payout were expected",
        )?;
        Ok((
            (),
            format!("{} records on {} pages", records.len(), records.len()),
        ))
    })?;
    receipt.step("show the payment", || {
        let shown = client.call(ShowPayment::new(payment.id()))?;
        expect(
            shown.status().is_paid() && shown.amount() == ten,
            "it is not paid in full",
        )?;
        Ok(((), told(&shown)))
    })
}

fn hosted_checkout(
    receipt: &mut Receipt,
    provider: &Server,
    merchant: &Merchant,
    notifications: &Receiver<Vec<u8>>,
) -> Step<()> {
    receipt.chapter("yzhan pay hosted checkout");
    let key = SigningKey::new("sandbox-app-key")?;
    let price: Amount = "9.90".parse()?;

    let url = receipt.step("sign a checkout URL", || {
        let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
        let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, product)
            .order(number()?, price, Currency::USD)
            .notify_url(format!("{}/notify", merchant.base_url()))
            .return_url("https://shop.example.com/thanks")
            .page(format!("{}/checkout", provider.base_url()))
            .sign(&key, SystemTime::now())?;
        let url = signed.url();
        Ok((url.clone(), format!("{} bytes", url.len())))
    })?;
    receipt.step("the provider accepts it", || {
        let status = open(&url)?;
        expect(status == 200, "the page was not shown")?;
        Ok(((), format!("status {status}")))
    })?;
    receipt.step("one altered byte is refused", || {
        let status = open(&url.replace("total_amount=9.90", "total_amount=9.91"))?;
        expect(status == 400, "an altered URL was accepted")?;
        Ok(((), format!("status {status}")))
    })?;
    let number = number()?;
    let back = receipt.step("the payer pays", || {
        let back = provider.with(|sandbox, now| sandbox.pay_order(number.as_str(), now))?;
        let back = back.ok_or("the browser is sent nowhere")?;
        Ok((back, "on the provider's page".into()))
    })?;
    // The browser's return is evidence of the notification's rank, verified by the same rules and
    // acted on; it may never come, or come twice.
    let (verifier, order) = (verifier()?, order()?);
    let trade_no = receipt.step("the browser's return pays the order", || {
        let (_, query) = back.split_once('?').ok_or("it brings no message")?;
        let matched = verifier.browser_return(query)?.matches(&order)?;
        let paid = matched
            .paid()
            .ok_or("it does not say that the order is paid")?;
        expect(
            paid.payment(None) == Payment::First,
            "it is not the first one",
        )?;
        Ok((paid.trade_no().to_owned(), "paid".into()))
    })?;
    let notification = receipt.step("the notification says the same", || {
        let body = notifications.recv_timeout(PATIENCE)?;
        let result = verifier
            .notification(&body)
            .and_then(|signed| signed.matches(&order));
        let recorded = Recorded {
            trade_no: &trade_no,
            notified: false,
        };
        let paid = result.as_ref().ok().and_then(Matched::paid);
        let payment = paid.map(|paid| paid.payment(Some(recorded)));
        expect(
            payment == Some(Payment::Repeated),
            "it is not the same payment",
        )?;
        let answer = Answer::to(&result).body();
        Ok((body, format!("counted once, answered `{answer}`")))
    })?;
    receipt.step("a forged one is refused", || {
        let forged = String::from_utf8(notification)?.replace("A-1", "A-2");
        let refusal = verifier
            .notification(forged.as_bytes())
            .err()
            .ok_or("it was accepted")?;
        Ok(((), refusal.log_reason()))
    })
}

/// The merchant's own server. A webhook is queued and confirmed later; a notification is
/// acknowledged only when it is one of our order.
fn start_merchant(webhooks: Sender<Vec<u8>>, notifications: Sender<Vec<u8>>) -> Step<Merchant> {
    let (verifier, order) = (verifier()?, order()?);
    let merchant = Merchant::listen(FREE_PORT, move |request: Request<Vec<u8>>| {
        let is_webhook = request.uri().path() == "/webhooks";
        let body = request.into_body();
        let answer = if is_webhook {
            Response::new(Vec::new())
        } else {
            let result = verifier
                .notification(&body)
                .and_then(|signed| signed.matches(&order));
            Answer::to(&result).response()
        };
        let queue = if is_webhook {
            &webhooks
        } else {
            &notifications
        };
        // The steps below have ended when nobody listens any more.
        let _ = queue.send(body);
        answer
    })?;
    Ok(merchant)
}

/// The merchant's stored order.
fn order() -> Step<Order> {
    let order = Order::new(
        "sandbox-app",
        number()?,
        "9.90".parse()?,
        Currency::USD,
        "Tea",
    );
    Ok(order.channel("2", Currency::USD))
}

/// The order's id, padded so that no payer can append a status to it. In real life the seed is
/// 128 random bits, drawn for each order.
fn number() -> Step<OrderNumber> {
    Ok(OrderNumber::for_id("A-1", 0x8d2f_71aa_0c94_e3b6)?)
}

/// Knows the app's key and the installation's own, which signs what comes back.
fn verifier() -> Step<Verifier> {
    Ok(Verifier::for_sandbox([
        SigningKey::new("sandbox-app-key")?,
        SigningKey::new("sandbox-default-key")?,
    ])?)
}

/// The payer's browser opens a URL.
fn open(url: &str) -> Step<u16> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    Ok(ureq::Agent::new_with_config(config)
        .get(url)
        .call()?
        .status()
        .as_u16())
}

fn told(record: &Record) -> String {
    let reference = record.reference().unwrap_or("without reference");
    format!(
        "{reference}: {} {}, {}",
        record.amount(),
        record.currency(),
        record.status()
    )
}
