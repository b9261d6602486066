//! Ten thousand payouts at once, through a network with faults, over ureq: none is lost, none is
//! executed twice, and nothing is left behind.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod load;

use std::thread;
use std::time::{Duration, Instant};

use load::{Held, LISTINGS, Ledger, PAYOUTS, WAYS, lost_or_doubled, payout};
use sanspay_blocking::Client;
use sanspay_core::partner::{ListPayments, Resolution};
use sanspay_testkit::network::eventually;
use sanspay_testkit::server::{FREE_PORT, serve_in_thread};

/// Pays out until the payout is known to be executed.
fn pay_out(client: &Client, number: usize, ledger: &Ledger) {
    let payout = payout(number);
    loop {
        let result = client.call(&payout);
        ledger.note("payout", &result);
        let Err(error) = result else { return };
        let Some(unknown) = error.unknown() else {
            continue; // It was not executed.
        };
        let resolution = loop {
            let resolution = client.resolve(unknown);
            if ledger.note_lookup(&resolution) {
                break resolution;
            }
            thread::sleep(Duration::from_millis(100));
        };
        if matches!(resolution, Resolution::Found(_)) {
            return;
        }
    }
}

/// Does it with every number below `most`, so many at a time.
fn many(most: usize, act: impl Fn(usize) + Sync) {
    let ledger = Ledger::default();
    thread::scope(|scope| {
        for _ in 0..WAYS {
            scope.spawn(|| {
                while let Some(number) = ledger.next(most) {
                    act(number);
                }
            });
        }
    });
}

#[test]
fn ten_thousand_payouts_through_a_faulty_network_lose_nothing_and_leak_nothing() {
    let begin = Instant::now();
    let provider = serve_in_thread(load::provider(), FREE_PORT).unwrap();
    let proxy = load::five_percent(&provider.base_url());
    let ledger = Ledger::default();
    let before = Held::now();
    let client = Client::builder()
        .base_url(proxy.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .settings(load::settings())
        .wire(load::wire())
        .build()
        .unwrap();

    many(PAYOUTS, |number| pay_out(&client, number, &ledger));
    let wrong = provider.with(|sandbox, _| lost_or_doubled(sandbox));
    assert_eq!(wrong, Vec::<String>::new(), "executed other than once");

    let list = |_| ledger.note("list", &client.call(ListPayments::new().per_page(1)));
    many(LISTINGS, list);
    let warm = Held::now();
    many(LISTINGS, list);
    let end = Held::now();
    let (open, waiting) = (proxy.open_at_most(WAYS), proxy.hurt());
    drop(client);
    let closed = proxy.open_at_most(0);
    let after = eventually(Held::now, |held| held.is_within(&before));

    eprintln!(
        "{PAYOUTS} payouts and {} listings at {WAYS}-way concurrency in {:?}: {:#?}\n\
         before {before:?}\nwarm   {warm:?}\nend    {end:?}\nafter  {after:?}",
        2 * LISTINGS,
        begin.elapsed(),
        ledger.outcomes()
    );
    load::check_leaks(&before, &warm, &end, &after);
    assert!(open <= WAYS, "{open} connections are open");
    assert_eq!(waiting, 0, "connections that wait for what is out of time");
    assert_eq!(closed, 0, "connections that outlive the client");
    load::check_faults(&ledger);
}
