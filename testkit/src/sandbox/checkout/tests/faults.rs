//! Each fault of the real server, beside the document's ideal.

use std::collections::BTreeSet;

use super::*;
use crate::sandbox::CheckoutFault as Fault;

/// A payer at a provider that has these faults.
fn at(faults: &[Fault]) -> Payer {
    let mut with = config();
    with.checkout.faults = faults.iter().copied().collect();
    Payer(Merchant::new(with))
}

/// What the same does at a provider with the fault, and at an ideal one.
fn both<T>(fault: Fault, mut act: impl FnMut(&mut Payer) -> T) -> [T; 2] {
    [act(&mut at(&[fault])), act(&mut at(&[]))]
}

/// Pays through the channel and yields the notifications and the query of the return.
fn paid(payer: &mut Payer, pairs: &Pairs, channel: &str) -> (Vec<Pairs>, Pairs) {
    let action = payer.action(pairs);
    let target = payer.click(&action, "pay", &format!("channel_id={channel}"));
    let (_, query) = target.split_once('?').unwrap();
    let returned = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    (payer.notified(), returned)
}

fn with(mut pairs: Pairs, name: &str, value: &str) -> Pairs {
    set(&mut pairs, name, value);
    pairs
}

#[test]
fn the_default_is_the_real_server() {
    let faults = config().checkout.faults;
    assert_eq!(faults, BTreeSet::from(Fault::ALL));
}

#[test]
fn subscriptions_have_no_id_and_the_amount_of_the_first_cycle() {
    let told = |payer: &mut Payer| {
        let (told, _) = paid(payer, &subscription(), "1");
        let [message] = &told[..] else {
            panic!("{told:?}")
        };
        let has_id = !get(message, "subscription_id").is_empty();
        (has_id, get(message, "total_amount").to_owned())
    };
    let [real, ideal] = both(Fault::NoSubscriptionId, told);
    assert_eq!((real.0, ideal.0), (false, true));
    let [real, ideal] = both(Fault::FirstCycleAmount, told);
    assert_eq!((&*real.1, &*ideal.1), ("0.00", "10.00"));
}

#[test]
fn a_subscription_without_a_number_is_told_with_an_empty_one() {
    let mut payer = at(&Fault::ALL);
    let mut pairs = subscription();
    pairs.retain(|(name, _)| name != "out_trade_no");
    let (told, _) = paid(&mut payer, &pairs, "1");
    assert!(told[0].contains(&("out_trade_no".to_owned(), String::new())));
}

#[test]
fn a_payment_through_paypal_is_told_by_the_return_alone() {
    let told = |payer: &mut Payer| {
        let (told, returned) = paid(payer, &once(), "12");
        assert_eq!(get(&returned, "status"), "CHECKOUT_SUCCEED");
        told.len()
    };
    assert_eq!(both(Fault::SilentPayPal, told), [0, 1]);
    // Its subscriptions are notified.
    let (told, _) = paid(&mut at(&Fault::ALL), &subscription(), "11");
    assert_eq!(told.len(), 1);
}

#[test]
fn a_charge_through_alipay_global_is_signed_without_a_status() {
    let status = |payer: &mut Payer| {
        let (told, _) = paid(payer, &once(), "22");
        get(&told[0], "status").to_owned()
    };
    assert_eq!(both(Fault::MissingStatus, status), ["", "CHECKOUT_SUCCEED"]);
    let (told, _) = paid(&mut at(&Fault::ALL), &subscription(), "21");
    assert_eq!(get(&told[0], "status"), "SUBSCRIPTION_CHARGE_SUCCEED");
}

#[test]
fn the_gateway_takes_what_nobody_signed() {
    let post = |payer: &mut Payer| {
        let form = php_query(&with(once(), "out_trade_no", "A&status=CHECKOUT_SUCCEED"));
        let request = Request::post("/api/gateway/22").body(form.into_bytes());
        let answer = payer.0.send(&request.unwrap());
        answer.status().as_u16()
    };
    assert_eq!(both(Fault::UncheckedGateway, post), [200, 400]);
    let mut payer = at(&Fault::ALL);
    post(&mut payer);
    let number = "A&status=CHECKOUT_SUCCEED";
    payer.0.sandbox.fail_order(number, payer.0.now).unwrap();
    let message = payer.notified().remove(0);
    // Cut elsewhere, the signed text says that `A` is paid.
    assert_eq!(get(&message, "out_trade_no"), number);
    assert_eq!(get(&message, "status"), "");
    assert_eq!(get(&message, "channel_id"), "22");
    let nowhere = Request::post("/api/gateway/99").body(Vec::new()).unwrap();
    assert_eq!(payer.0.send(&nowhere).status(), 404);
}

#[test]
fn anything_is_signed_for_anybody() {
    let [real, ideal] = both(Fault::OpenSigning, |payer: &mut Payer| {
        let request = Request::get("/api/auth/sign?status=CHECKOUT_SUCCEED&app_id=7&sign=x");
        let answer = payer.0.send(&request.body(Vec::new()).unwrap());
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        body["trueSign"].as_str().map(str::to_owned)
    });
    let key = SigningKey::new("sandbox-default-key").unwrap();
    let sign = key.sign(&[("app_id", "7"), ("status", "CHECKOUT_SUCCEED")]);
    assert_eq!((real.as_deref(), ideal), (Some(sign.as_str()), None));
}

#[test]
fn what_is_too_long_or_too_much_is_cut() {
    let long = "x".repeat(300);
    let product =
        json!({"name": "Tea", "description": long, "type": "DIGITAL", "category": "FOOD"});
    let told = |pairs: Pairs| {
        both(Fault::CutValues, move |payer| {
            (payer.open(&pairs).status() == 200).then(|| paid(payer, &pairs, "2").0.remove(0))
        })
    };
    for (name, value, kept) in [
        ("out_trade_no", &long[..70], &long[..64]),
        ("total_amount", "999999999.5", "99999999.99"),
        ("total_amount", "1000000000000", "99999999.99"),
        ("currency", "EUR", ""),
    ] {
        let [real, ideal] = told(with(once(), name, value));
        assert_eq!(get(&real.unwrap(), name), kept, "{name}");
        assert_eq!(ideal, None, "{name}");
    }
    let [real, _] = told(with(once(), "product", &product.to_string()));
    assert_eq!(get(&real.unwrap(), "body"), &long[..255]);
}

#[test]
fn what_is_named_by_its_id_is_lost() {
    let number = |n: &str| with(once(), "out_trade_no", n);
    assert_eq!(
        both(Fault::BrokenIds, |payer: &mut Payer| {
            paid(payer, &once(), "2");
            let action = payer.action(&with(number("order-2"), "product", r#"{"id":1}"#));
            let request = Request::post(format!("{action}/pay"))
                .body(Vec::new())
                .unwrap();
            let answer = payer.0.send(&request).status().as_u16();
            (
                answer,
                payer.notified().len(),
                payer.0.sandbox.order_status("order-2").is_some(),
            )
        }),
        [(500, 0, false), (302, 1, true)]
    );
    assert_eq!(
        both(Fault::BrokenIds, |payer: &mut Payer| {
            let mut sold = product();
            sold["status"] = "ACTIVE".into();
            paid(payer, &with(once(), "product", &sold.to_string()), "2");
            payer
                .open(&with(number("order-2"), "product", r#"{"id":1}"#))
                .status()
                .as_u16()
        }),
        [400, 200]
    );
    assert_eq!(
        both(Fault::BrokenIds, |payer: &mut Payer| {
            paid(payer, &subscription(), "1");
            let again = with(
                with(subscription(), "out_trade_no", "order-2"),
                "plan",
                r#"{"id":1}"#,
            );
            payer.open(&again).body().is_empty()
        }),
        [true, false]
    );
}

#[test]
fn a_customers_id_is_the_plans_or_none() {
    assert_eq!(
        both(Fault::BrokenIds, |payer: &mut Payer| {
            let (first, _) = paid(payer, &subscription(), "1");
            let mut changed = with(subscription(), "out_trade_no", "order-2");
            let mut plan: Value = serde_json::from_str(get(&changed, "plan")).unwrap();
            plan["id"] = 1.into();
            set(&mut changed, "plan", &plan.to_string());
            let (second, _) = paid(payer, &changed, "1");
            [&first[0], &second[0]].map(|message| get(message, "customer_id").to_owned())
        }),
        [["1", ""], ["1", "2"]]
    );
}

#[test]
fn one_checkout_can_be_paid_twice() {
    assert_eq!(
        both(Fault::PayableTwice, |payer: &mut Payer| {
            let (first, _) = paid(payer, &once(), "2");
            if payer.open(&once()).status() != 200 {
                return None;
            }
            let (second, _) = paid(payer, &once(), "2");
            let number = |told: &[Pairs]| get(&told[0], "trade_no").to_owned();
            Some(number(&first) != number(&second))
        }),
        [Some(true), None]
    );
}

#[test]
fn a_renewal_is_the_same_bytes() {
    let mut payer = at(&Fault::ALL);
    payer.action(&subscription());
    let now = payer.0.now;
    assert_eq!(
        payer.0.sandbox.renew_order("order-1", now),
        Err(ActionError::Ended)
    );
    payer.0.sandbox.pay_order("order-1", now).unwrap();
    let bytes = |payer: &mut Payer| {
        let due = payer.0.receive();
        let [one] = &due[..] else { panic!("{due:?}") };
        one.request.body().clone()
    };
    let first = bytes(&mut payer);
    payer.0.sandbox.renew_order("order-1", now).unwrap();
    assert_eq!(bytes(&mut payer), first);
    let nobody = payer.0.sandbox.renew_order("nobody", now);
    assert_eq!(nobody, Err(ActionError::NotFound));
}

#[test]
fn a_long_url_is_refused_and_the_time_is_not_looked_at() {
    let list: Vec<Value> = (0..100)
        .map(|n| json!({"name": format!("Item {n}"), "description": "x".repeat(60)}))
        .collect();
    let mut many = product();
    many["list"] = list.into();
    let many = with(once(), "product", &many.to_string());
    let opened = |pairs: Pairs| move |payer: &mut Payer| payer.open(&pairs).status().as_u16();
    assert_eq!(both(Fault::ShortUrls, opened(many)), [414, 200]);
    let sometime = with(once(), "request_time", "yesterday");
    assert_eq!(both(Fault::UncheckedTime, opened(sometime)), [200, 400]);
}
