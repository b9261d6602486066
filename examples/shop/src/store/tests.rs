//! What is stored together, and what is never counted twice.

#![allow(clippy::unwrap_used)]

use sanspay_core::Currency;
use sanspay_core::checkout::{
    Matched, Payment, Progress, SigningKey, Status, TestMessage, Verifier,
};
use sanspay_core::partner::Expected;

use super::*;
use crate::catalogue::Offer;
use crate::orders::expected;

pub(super) fn new_order() -> OrderRow {
    OrderRow {
        number: format!("T1_{}", "a".repeat(40)),
        item: "tea".into(),
        subject: "Tea".into(),
        amount_cents: 100,
        offer: Offer::Once,
        status: Status::Created,
        url: "u".into(),
        signed_text: "t".into(),
    }
}

fn subscription() -> OrderRow {
    OrderRow {
        offer: Offer::Monthly { free_days: 7 },
        ..new_order()
    }
}

/// A message about the order, as a notification or with the browser.
fn says(row: &OrderRow, status: &str, trade_no: &str, returns: bool) -> Matched {
    let order = expected(row).unwrap();
    let key = SigningKey::new("test secret").unwrap();
    let verifier = Verifier::for_sandbox([key.clone()]).unwrap();
    let message = TestMessage::paid(&order)
        .with("status", status)
        .with("trade_no", trade_no);
    let signed = if returns {
        verifier.browser_return(&message.return_query(&key))
    } else {
        verifier.notification(&message.form_body(&key))
    };
    signed.unwrap().matches(&order).unwrap()
}

/// A shop with one order.
async fn shop(row: &OrderRow) -> Store {
    let store = Store::open(None).unwrap();
    let row = row.clone();
    store.run(move |db| put_order(db, &row)).await.unwrap();
    store
}

async fn stored(store: &Store) -> (OrderRow, Vec<PaymentRow>) {
    let number = new_order().number;
    let found = store.run(move |db| Ok((order(db, &number)?, payments(db, &number)?)));
    let (order, payments) = found.await.unwrap();
    (order.unwrap(), payments)
}

async fn takes(store: &Store, matched: Matched) -> Effect {
    let number = new_order().number;
    let taken = store.run(move |db| {
        let order = order(db, &number)?.ok_or("an order")?;
        take(db, &order, &matched)
    });
    taken.await.unwrap()
}

#[tokio::test]
async fn status_payment_and_dedup_key_are_stored_together_or_not_at_all() {
    let store = shop(&new_order()).await;
    let paid = says(&new_order(), "CHECKOUT_SUCCEED", "1", false);
    let lost = paid.clone();
    let lost: Result<(), Failure> = store
        .run(move |db| {
            assert_eq!(take(db, &new_order(), &lost)?, Effect::Paid(Payment::First));
            Err("the power fails".into())
        })
        .await;
    assert!(lost.is_err());
    let (order, payments) = stored(&store).await;
    assert_eq!((order.status, payments.len()), (Status::Created, 0));
    assert_eq!(takes(&store, paid).await, Effect::Paid(Payment::First));
    let (order, payments) = stored(&store).await;
    assert_eq!((order.status, payments.len()), (Status::CheckoutSucceed, 1));
}

#[tokio::test]
async fn notification_and_return_of_one_payment_count_once_in_either_order() {
    for returns_first in [true, false] {
        let store = shop(&new_order()).await;
        let tell = |returns| says(&new_order(), "CHECKOUT_SUCCEED", "1", returns);
        let first = takes(&store, tell(returns_first)).await;
        assert_eq!(first, Effect::Paid(Payment::First));
        for returns in [!returns_first, returns_first] {
            let again = takes(&store, tell(returns)).await;
            assert_eq!(again, Effect::Paid(Payment::Repeated));
        }
        let (_, payments) = stored(&store).await;
        assert!(matches!(&payments[..], [one] if one.returned && one.notified && one.again == 0));
    }
}

#[tokio::test]
async fn a_second_trade_is_a_double_payment_once() {
    let store = shop(&new_order()).await;
    let tell = |trade_no| says(&new_order(), "CHECKOUT_SUCCEED", trade_no, true);
    for (trade_no, payment) in [
        ("1", Payment::First),
        ("2", Payment::Double),
        ("2", Payment::Repeated),
        ("1", Payment::Repeated),
        ("3", Payment::Double),
    ] {
        assert_eq!(takes(&store, tell(trade_no)).await, Effect::Paid(payment));
    }
    let (_, payments) = stored(&store).await;
    let trades: Vec<_> = payments.iter().map(|row| &*row.trade_no).collect();
    assert_eq!(trades, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_possible_renewal_is_noted_and_changes_nothing_else() {
    let store = shop(&subscription()).await;
    let tell = |returns| says(&subscription(), "SUBSCRIPTION_CHARGE_SUCCEED", "1", returns);
    for (returns, payment) in [
        (true, Payment::First),
        (false, Payment::Repeated),
        (true, Payment::Repeated),
        (false, Payment::PossibleRenewal),
        (false, Payment::PossibleRenewal),
    ] {
        assert_eq!(takes(&store, tell(returns)).await, Effect::Paid(payment));
    }
    let (_, payments) = stored(&store).await;
    assert!(matches!(&payments[..], [one] if one.again == 2));
}

#[tokio::test]
async fn nothing_takes_a_payment_back() {
    let store = shop(&new_order()).await;
    let tell = |status| says(&new_order(), status, "1", false);
    for (status, effect) in [
        ("CHECKOUT_FAIL", Effect::Step(Progress::Advance)),
        ("CHECKOUT_FAIL", Effect::Step(Progress::Replay)),
        ("CREATED", Effect::Step(Progress::Regression)),
        ("CHECKOUT_SUCCEED", Effect::Paid(Payment::First)),
        ("CLOSED", Effect::Step(Progress::Regression)),
    ] {
        assert_eq!(takes(&store, tell(status)).await, effect);
    }
    assert_eq!(stored(&store).await.0.status, Status::CheckoutSucceed);
}

#[tokio::test]
async fn signing_anew_keeps_what_is_known_of_an_order() {
    let store = shop(&new_order()).await;
    takes(&store, says(&new_order(), "CHECKOUT_FAIL", "1", true)).await;
    let anew = OrderRow {
        url: "v".into(),
        ..new_order()
    };
    store.run(move |db| put_order(db, &anew)).await.unwrap();
    let (order, _) = stored(&store).await;
    assert_eq!((order.status, &*order.url), (Status::CheckoutFail, "v"));
}

#[tokio::test]
async fn order_numbers_are_counted_and_long_enough() {
    let store = shop(&new_order()).await;
    let number = store.run(fresh_order_number).await.unwrap();
    assert_eq!(number.id(), Some("T2"));
    assert_eq!(number.as_str().len(), 51);
}

#[tokio::test]
async fn a_request_is_paid_by_one_record_and_a_second_one_is_told() {
    let store = Store::open(None).unwrap();
    let amount = "10.00".parse().unwrap();
    let asked = Expected::payment("pay-1", amount, Currency::USD);
    let paid = store.run(move |db| {
        put_request(db, &asked)?;
        let open = request(db, "pay-1")?.ok_or("a request")?;
        assert_eq!((open.expected, open.paid_by), (asked, None));
        let by = |record| settle(db, "pay-1", record);
        assert_eq!([by("a")?, by("a")?, by("b")?], [true, true, false]);
        Ok(request(db, "pay-1")?.and_then(|request| request.paid_by))
    });
    assert_eq!(paid.await.unwrap().as_deref(), Some("a"));
}

#[test]
fn a_file_of_other_tables_is_not_opened() {
    let folder = std::env::temp_dir().join(format!("sanspay-store-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let (ours, other) = (folder.join("ours"), folder.join("other"));
    let table = "CREATE TABLE orders (number TEXT)";
    Connection::open(&other)
        .unwrap()
        .execute(table, [])
        .unwrap();
    let opened = [&ours, &ours, &other].map(|path| Store::open(Some(path)).map(drop));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(opened, [Ok(()), Ok(()), Err(_)]), "{opened:?}");
}
