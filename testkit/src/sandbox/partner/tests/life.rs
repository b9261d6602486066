//! How records end, and the webhooks that tell it.

use super::*;

#[test]
fn every_change_of_a_record_delivers_its_webhook_once() {
    let mut merchant = with(|_| {});
    for reference in ["paid", "failed", "expired"] {
        merchant.pay_in(reference);
        assert_eq!(
            merchant.events(),
            [("payment.created".into(), reference.into())]
        );
    }
    let now = merchant.now;
    merchant.sandbox.pay("paid", now).unwrap();
    merchant.sandbox.pay("paid", now).unwrap();
    merchant.sandbox.fail("failed", now).unwrap();
    let event = |name: &str| (format!("payment.{name}"), name.to_owned());
    assert_eq!(merchant.events(), [event("paid"), event("failed")]);
    assert_eq!(merchant.sandbox.next_due(), Some(now + seconds(24 * 3600)));
    merchant.now = now + seconds(24 * 3600);
    assert_eq!(merchant.events(), [event("expired")]);
    assert_eq!(
        (
            merchant.sandbox.pending_deliveries(),
            merchant.sandbox.next_due()
        ),
        (0, None)
    );
}

#[test]
fn an_ended_record_never_ends_again() {
    let mut merchant = with(|_| {});
    merchant.pay_in("a");
    let now = merchant.now;
    merchant.sandbox.pay("a", now).unwrap();
    assert!(merchant.sandbox.fail("a", now).is_err() && merchant.sandbox.expire("a", now).is_err());
    assert!(merchant.sandbox.pay("nobody", now).is_err());
    merchant.now += seconds(100_000);
    merchant.receive();
    assert_eq!(merchant.sandbox.status("a"), Some(RecordStatus::Paid));
}

#[test]
fn a_payout_is_paid_after_its_delay_and_a_payment_expires_at_its_own_time() {
    let mut merchant = with(|_| {});
    merchant.pay_out("out");
    let mut payment = Merchant::payment("in");
    payment["expires_at"] = json!("2027-01-15T08:00:30Z");
    merchant.send(&merchant.post("/partner/payments", &payment));
    merchant.receive();
    merchant.now += seconds(60);
    let expired = ("payment.expired".into(), "in".into());
    assert_eq!(
        merchant.events(),
        [expired, ("payment.paid".into(), "out".into())]
    );
    let list = body(&merchant.get("/partner/payments?status=expired"));
    assert_eq!(list["data"][0]["updated_at"], "2027-01-15T08:00:30Z");
}

#[test]
fn a_webhook_that_is_not_answered_2xx_returns_on_schedule_and_then_no_more() {
    let mut merchant = with(|_| {});
    merchant.pay_in("a");
    let mut minutes = Vec::new();
    let start = merchant.now;
    while merchant.sandbox.pending_deliveries() > 0 {
        merchant.now = merchant.sandbox.next_due().unwrap();
        for delivery in merchant.sandbox.due(merchant.now) {
            minutes.push(merchant.now.duration_since(start).unwrap().as_secs() / 60);
            let answer = status(302, "");
            merchant
                .sandbox
                .delivered(delivery.id, merchant.now, Some(&answer));
        }
    }
    assert_eq!(minutes, [0, 1, 3, 7, 15, 31]);
    assert_eq!(merchant.sandbox.given_up_deliveries(), 1);
}

#[test]
fn webhooks_can_be_doubled_delayed_and_put_out_of_order() {
    let mut merchant = with(|config| config.partner.webhooks.event_in_type = true);
    let mut webhooks = merchant.sandbox.webhooks();
    (webhooks.copies, webhooks.delay) = (2, seconds(5));
    merchant.sandbox.set_webhooks(webhooks);
    merchant.pay_in("a");
    assert!(merchant.receive().is_empty());
    merchant.now += seconds(5);
    let copies = merchant.receive();
    assert_eq!(
        (copies.len(), copies[0].request.body()),
        (2, copies[1].request.body())
    );
    let event: Value = serde_json::from_slice(copies[0].request.body()).unwrap();
    assert_eq!(
        (&event["type"], event.get("event")),
        (&json!("payment.created"), None)
    );

    (webhooks.copies, webhooks.delay, webhooks.spread) = (1, seconds(0), seconds(60));
    merchant.sandbox.set_webhooks(webhooks);
    (0..20).for_each(|n| {
        merchant.pay_in(&n.to_string());
    });
    merchant.now += seconds(60);
    let arrived: Vec<u64> = merchant.receive().iter().map(|d| d.id.message()).collect();
    assert_eq!(arrived.len(), 20);
    assert!(!arrived.is_sorted());
}

#[test]
fn the_payer_pays_on_the_page_behind_the_checkout_url_and_goes_back_to_the_shop() {
    let mut merchant = with(|config| config.public_url = "https://pay.example".into());
    let mut payment = Merchant::payment("a<1>");
    payment["return_url"] = json!("https://shop.example/back");
    let created = merchant.send(&merchant.post("/partner/payments", &payment));
    let url = body(&created)["data"]["checkout_url"].clone();
    let path = url
        .as_str()
        .unwrap()
        .strip_prefix("https://pay.example")
        .unwrap()
        .to_owned();
    let page = String::from_utf8(merchant.get(&path).into_body()).unwrap();
    assert!(page.contains("a&lt;1&gt;") && page.contains("USD 10.00") && page.contains("<button"));
    let mut click = |verb: &str| {
        let answer = merchant.send(&merchant.request(Method::POST, &format!("{path}/{verb}")));
        let location = answer.headers().get(header::LOCATION);
        (
            answer.status().as_u16(),
            location.map(|l| l.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(click("cancel"), (200, None));
    assert_eq!(
        click("pay"),
        (302, Some("https://shop.example/back".into()))
    );
    assert_eq!(click("fail").0, 302);
    assert_eq!(merchant.sandbox.status("a<1>"), Some(RecordStatus::Paid));
    assert!(
        !String::from_utf8(merchant.get(&path).into_body())
            .unwrap()
            .contains("<button")
    );
    assert_eq!(merchant.get("/pay/nobody").status(), 404);
    assert_eq!(
        merchant
            .send(&merchant.request(Method::PUT, &path))
            .status(),
        405
    );
}
