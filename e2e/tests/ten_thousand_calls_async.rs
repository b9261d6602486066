//! Ten thousand payouts at once, through a network with faults, over reqwest: none is lost, none
//! is executed twice, and nothing is left behind.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod load;

use std::sync::Arc;
use std::time::{Duration, Instant};

use load::{Held, LISTINGS, Ledger, PAYOUTS, WAYS, lost_or_doubled, payout};
use sanspay_async::Client;
use sanspay_core::partner::{ListPayments, Resolution};
use sanspay_testkit::network::eventually;
use sanspay_testkit::server::{FREE_PORT, serve_in_thread};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time;

/// Pays out until the payout is known to be executed.
async fn pay_out(client: &Client, number: usize, ledger: &Ledger) {
    let payout = payout(number);
    loop {
        let result = client.call(&payout).await;
        ledger.note("payout", &result);
        let Err(error) = result else { return };
        let Some(unknown) = error.unknown() else {
            continue; // It was not executed.
        };
        let resolution = loop {
            let resolution = client.resolve(unknown).await;
            if ledger.note_lookup(&resolution) {
                break resolution;
            }
            time::sleep(Duration::from_millis(100)).await;
        };
        if matches!(resolution, Resolution::Found(_)) {
            return;
        }
    }
}

/// Does it with every number below `most`, so many at a time.
async fn many<F, Fut>(most: usize, act: F)
where
    F: Fn(usize) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let round = Arc::new(Ledger::default());
    let mut ways = JoinSet::new();
    for _ in 0..WAYS {
        let (round, act) = (Arc::clone(&round), act.clone());
        ways.spawn(async move {
            while let Some(number) = round.next(most) {
                act(number).await;
            }
        });
    }
    ways.join_all().await;
}

#[test]
fn ten_thousand_payouts_through_a_faulty_network_lose_nothing_and_leak_nothing() {
    let begin = Instant::now();
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let tasks = || runtime.metrics().num_alive_tasks();
    // What it and the proxy do is not counted as tasks.
    let provider = serve_in_thread(load::provider(), FREE_PORT).unwrap();
    let proxy = load::five_percent(&provider.base_url());
    let ledger = Arc::new(Ledger::default());
    let (before, tasks_before) = (Held::now(), tasks());
    let client = Client::builder()
        .base_url(proxy.base_url())
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .settings(load::settings())
        .wire(load::wire())
        .build()
        .unwrap();

    let (calling, noting) = (client.clone(), Arc::clone(&ledger));
    runtime.block_on(many(PAYOUTS, move |number| {
        let (client, ledger) = (calling.clone(), Arc::clone(&noting));
        async move { pay_out(&client, number, &ledger).await }
    }));
    let wrong = provider.with(|sandbox, _| lost_or_doubled(sandbox));
    assert_eq!(wrong, Vec::<String>::new(), "executed other than once");

    let (calling, noting) = (client.clone(), Arc::clone(&ledger));
    let list = move |_| {
        let (client, ledger) = (calling.clone(), Arc::clone(&noting));
        async move { ledger.note("list", &client.call(ListPayments::new().per_page(1)).await) }
    };
    runtime.block_on(many(LISTINGS, list.clone()));
    let warm = Held::now();
    runtime.block_on(many(LISTINGS, list.clone()));
    let (end, tasks_end) = (Held::now(), tasks());
    let (open, waiting) = (proxy.open_at_most(WAYS), proxy.hurt());
    drop((client, list));
    let closed = proxy.open_at_most(0);
    let after = eventually(Held::now, |held| held.is_within(&before));
    let tasks_after = eventually(tasks, |tasks| *tasks <= tasks_before);

    eprintln!(
        "{PAYOUTS} payouts and {} listings at {WAYS}-way concurrency in {:?}: {:#?}\n\
         before {before:?}, {tasks_before} tasks\nwarm   {warm:?}\n\
         end    {end:?}, {tasks_end} tasks\nafter  {after:?}, {tasks_after} tasks",
        2 * LISTINGS,
        begin.elapsed(),
        ledger.outcomes()
    );
    load::check_leaks(&before, &warm, &end, &after);
    assert!(open <= WAYS, "{open} connections are open");
    assert_eq!(waiting, 0, "connections that wait for what is out of time");
    assert_eq!(closed, 0, "connections that outlive the client");
    assert!(
        tasks_end <= tasks_before + 2 * WAYS && tasks_after <= tasks_before,
        "tasks that outlive their calls or the client"
    );
    load::check_faults(&ledger);
}
