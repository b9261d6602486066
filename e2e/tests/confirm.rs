//! Payments confirmed by query over both adapters, with the sandbox's installation on a socket.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::time::SystemTime;

use http::Request;
use sanspay_core::checkout::query::{Confirmation, ListTrades, ShowTrade, Trade};
use sanspay_core::checkout::{
    Checkout, Environment, Matched, Order, Paid, Product, ProductType, SigningKey, TestMessage,
    Verifier,
};
use sanspay_core::{Currency, Endpoint, Error, ErrorKind};
use sanspay_e2e::Adapter;
use sanspay_testkit::sandbox::{Fault, FaultRule, OPERATOR, SandboxConfig};
use sanspay_testkit::server::{FREE_PORT, Server, serve_in_thread};
use tokio::runtime::{Builder, Runtime};

const LIST: &str = "/api/admin/trade";

/// An order number that cannot be extended.
fn number(order: usize) -> String {
    format!("A-{order:04}-2f1c9b0e7d5a4c3b8e6f1a2b3c4d5e6f70819")
}

fn order(number: &str) -> Order {
    let amount = "10.00".parse().unwrap();
    Order::new("sandbox-app", number, amount, Currency::USD, "Tea").channel("2", Currency::USD)
}

/// Opens so many checkouts and pays them.
fn paid_orders(installation: &Server, count: usize) {
    let key = SigningKey::new("sandbox-app-key").unwrap();
    for place in 0..count {
        let product = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
        let amount = "10.00".parse().unwrap();
        let signed = Checkout::one_off("sandbox-app", Environment::Sandbox, product)
            .order(number(place), amount, Currency::USD)
            .notify_url("http://127.0.0.1:1/notify")
            .return_url("https://shop.example/thanks")
            .sign(&key, SystemTime::UNIX_EPOCH)
            .unwrap();
        installation.with(|sandbox, now| {
            sandbox.hold_deliveries();
            let opening = Request::get(signed.url()).body(Vec::new()).unwrap();
            assert_eq!(sandbox.handle(&opening, now).status(), 200);
            sandbox.pay_order(&number(place), now).unwrap();
        });
    }
}

/// What the browser came back with.
fn returned(installation: &Server, number: &str) -> Paid {
    let back = installation.with(|sandbox, now| sandbox.pay_order(number, now));
    let back = back.unwrap().unwrap();
    let key = SigningKey::new("sandbox-default-key").unwrap();
    let signed = Verifier::for_sandbox([key]).unwrap();
    let signed = signed
        .browser_return(back.split_once('?').unwrap().1)
        .unwrap();
    paid(signed.matches(&order(number)).unwrap())
}

fn paid(matched: Matched) -> Paid {
    let Matched::Paid(paid) = matched else {
        panic!("not paid")
    };
    paid
}

/// A message that the installation signed for somebody: whatever it says, the signature is right.
fn forged(message: &TestMessage, order: &Order) -> Paid {
    let key = SigningKey::new("sandbox-default-key").unwrap();
    let signed = Verifier::for_sandbox([key.clone()]).unwrap();
    let signed = signed.notification(&message.form_body(&key)).unwrap();
    paid(signed.matches(order).unwrap())
}

/// A client of either adapter that is the installation's operator.
enum Client {
    Blocking(sanspay_blocking::Client),
    Async(sanspay_async::Client, Runtime),
}

impl Client {
    fn new(adapter: Adapter, installation: &Server) -> Self {
        Self::with_password(adapter, installation, OPERATOR.1)
    }

    fn with_password(adapter: Adapter, installation: &Server, password: &str) -> Self {
        let url = installation.base_url();
        match adapter {
            Adapter::Blocking => {
                let builder = sanspay_blocking::Client::builder().base_url(url);
                Self::Blocking(builder.operator(OPERATOR.0, password).build().unwrap())
            }
            Adapter::Async => {
                let builder = sanspay_async::Client::builder().base_url(url);
                let client = builder.operator(OPERATOR.0, password).build().unwrap();
                Self::Async(
                    client,
                    Builder::new_current_thread().enable_all().build().unwrap(),
                )
            }
        }
    }

    fn confirm(&self, paid: &Paid) -> Result<Confirmation, Error> {
        match self {
            Self::Blocking(client) => client.confirm(paid),
            Self::Async(client, runtime) => runtime.block_on(client.confirm(paid)),
        }
    }

    fn find_trade(&self, number: &str) -> Result<Option<Trade>, Error> {
        match self {
            Self::Blocking(client) => client.find_trade(number),
            Self::Async(client, runtime) => runtime.block_on(client.find_trade(number)),
        }
    }

    fn call<E: Endpoint>(&self, endpoint: E) -> Result<E::Output, Error> {
        match self {
            Self::Blocking(client) => client.call(endpoint),
            Self::Async(client, runtime) => runtime.block_on(client.call(endpoint)),
        }
    }
}

/// An installation with so many paid orders, and a client of each adapter.
fn each(orders: usize, test: impl Fn(&Server, &Client)) {
    for adapter in Adapter::BOTH {
        let installation = serve_in_thread(SandboxConfig::default(), FREE_PORT).unwrap();
        paid_orders(&installation, orders);
        test(&installation, &Client::new(adapter, &installation));
    }
}

/// The requests that the installation saw of its operator: paths and statuses.
fn seen(installation: &Server) -> Vec<(String, u16)> {
    installation.with(
        |sandbox: &mut sanspay_testkit::sandbox::Sandbox, _| -> Vec<_> {
            let seen = sandbox.seen().filter(|seen| seen.path.starts_with("/api/"));
            seen.map(|seen| (seen.path.clone(), seen.status.as_u16()))
                .collect()
        },
    )
}

#[test]
fn a_payment_is_confirmed_on_whichever_page_it_is_with_one_token_for_all() {
    each(205, |installation, client| {
        for place in [204, 104, 0] {
            let paid = returned(installation, &number(place));
            let confirmation = client.confirm(&paid).unwrap();
            let Confirmation::Confirmed(trade) = confirmation else {
                panic!("{confirmation}")
            };
            assert_eq!(trade.out_trade_no(), Some(&*number(place)));
            assert_eq!(client.call(ShowTrade::new(trade.id())).unwrap(), trade);
        }
        let seen = seen(installation);
        let count = |path: &str| seen.iter().filter(|(seen, _)| seen == path).count();
        assert_eq!((count("/api/auth/login"), count(LIST)), (1, 1 + 2 + 3));
    });
}

#[test]
fn a_forged_message_names_no_trade_or_one_that_contradicts_it() {
    each(2, |installation, client| {
        let victim = order(&number(0));
        let own = returned(installation, &number(1));
        // Signed by the open route, with a number that the forger thought of.
        let invented = TestMessage::paid(&victim).with("trade_no", "2027011508000012345678");
        let invented = client.confirm(&forged(&invented, &victim)).unwrap();
        assert_eq!(invented, Confirmation::NotFound);
        // The same with the number of a payment that the forger really made.
        let borrowed = TestMessage::paid(&victim).with("trade_no", own.trade_no());
        let contradicted = client.confirm(&forged(&borrowed, &victim)).unwrap();
        let Confirmation::Contradicted { differences, .. } = contradicted else {
            panic!("{contradicted}")
        };
        assert_eq!(differences[0].field(), "out_trade_no");
        assert_eq!(differences[0].booked(), Some(&*number(1)));
    });
}

#[test]
fn a_payment_that_was_taken_back_since_is_contradicted_by_its_status() {
    each(1, |installation, client| {
        let paid = returned(installation, &number(0));
        let closed = sanspay_testkit::sandbox::OrderStatus::Closed;
        let set =
            installation.with(|sandbox, now| sandbox.set_order_status(&number(0), closed, now));
        set.unwrap();
        let confirmation = client.confirm(&paid).unwrap();
        assert_eq!(
            confirmation.to_string(),
            "the trade contradicts the message: status is \"CHECKOUT_SUCCEED\" in the message and \
             \"CLOSED\" in the trade"
        );
    });
}

#[test]
fn a_token_that_is_refused_is_fetched_anew_once() {
    each(1, |installation, client| {
        let paid = returned(installation, &number(0));
        let refuse = |times| {
            let rule = FaultRule::new("401".parse::<Fault>().unwrap())
                .path(LIST)
                .times(times);
            installation.with(|sandbox, _| sandbox.add_fault(rule));
        };
        refuse(1);
        assert!(client.confirm(&paid).unwrap().is_confirmed());
        let log_ins = || {
            seen(installation)
                .iter()
                .filter(|(path, _)| path.ends_with("login"))
                .count()
        };
        assert_eq!(log_ins(), 2);
        refuse(2);
        assert_eq!(
            client.confirm(&paid).unwrap_err().kind(),
            ErrorKind::Unauthorized
        );
        assert_eq!(log_ins(), 3);
    });
}

#[test]
fn an_error_is_no_answer_about_the_payment_and_what_passes_is_tried_again() {
    each(1, |installation, client| {
        let paid = returned(installation, &number(0));
        for passing in ["503", "lost-answer", "broken-off", "not-connected"] {
            let rule = FaultRule::new(passing.parse::<Fault>().unwrap()).path(LIST);
            installation.with(|sandbox, _| sandbox.add_fault(rule));
            assert!(client.confirm(&paid).unwrap().is_confirmed(), "{passing}");
        }
        let rule = FaultRule::new("403".parse::<Fault>().unwrap()).path(LIST);
        installation.with(|sandbox, _| sandbox.add_fault(rule));
        assert_eq!(
            client.confirm(&paid).unwrap_err().kind(),
            ErrorKind::Forbidden
        );
    });
}

#[test]
fn a_number_that_nobody_has_is_absent_and_an_id_that_nobody_has_is_not_found() {
    each(1, |_, client| {
        assert_eq!(client.find_trade("20270115080000").unwrap(), None);
        assert_eq!(client.call(ListTrades::newest(5)).unwrap().len(), 1);
        let error = client.call(ShowTrade::new(2)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_wrong_password_is_named_and_never_printed() {
    for adapter in Adapter::BOTH {
        let installation = serve_in_thread(SandboxConfig::default(), FREE_PORT).unwrap();
        let client = Client::with_password(adapter, &installation, "PlantedPassword");
        let error = client.find_trade("x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert!(
            error.to_string().contains("user name or password"),
            "{error}"
        );
        let debug = match &client {
            Client::Blocking(client) => format!("{client:?}"),
            Client::Async(client, _) => format!("{client:?}"),
        };
        for printed in [error.to_string(), format!("{error:?}"), debug] {
            assert!(
                !printed.contains("Planted") && !printed.contains(OPERATOR.0),
                "{printed}"
            );
        }
    }
}
