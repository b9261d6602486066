//! A long list, read to its end: time with look-ahead, and memory.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sanspay_core::partner::ListPayments;

use crate::calls::{bare_reqwest, client, runtime};
use crate::server::serve;
use sanspay_bench::measure::Effort;
use sanspay_bench::partner::{self, PlainPage};
use sanspay_bench::table::{Row, Target, ratio};

/// What the caller does with each page in the row with work: it waits, as for a database.
const WORK: Duration = Duration::from_millis(4);

/// A server of a list of so many pages of 100.
fn list_server(latency: Duration, pages: u64) -> SocketAddr {
    let body = partner::page(1, pages);
    let first = r#""current_page":1,"#;
    serve(latency, move |target| {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let asked = pairs.find(|(name, _)| name == "page");
        let number: u64 = asked.map_or(1, |(_, number)| number.parse().expect("a number"));
        body.replace(first, &format!(r#""current_page":{number},"#))
    })
}

/// Every row of lists.
pub(crate) fn rows(effort: Effort) -> Vec<Row> {
    let (pages, rounds) = if effort.short { (40, 2) } else { (1000, 2) };
    let server = list_server(Duration::from_millis(5), pages);
    let mut rows = Vec::new();
    for (work, what, target) in [
        (WORK, "4 ms of the caller's work per page", ratio(0.75)),
        (Duration::ZERO, "no work of the caller", Target::default()),
    ] {
        let (mut floor, mut ours) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..rounds {
            floor = floor.min(one_after_the_other(server, pages, work));
            ours = ours.min(with_look_ahead(server, work).0);
        }
        let records = pages * 100;
        rows.push(Row::timed(
            format!("list of {records} records at 5 ms latency, {what}"),
            "the same pages one after another with bare reqwest",
            target,
            floor * 1e9,
            ours * 1e9,
        ));
    }
    rows.push(memory_row(effort));
    rows
}

/// The seconds that the whole list takes without us.
fn one_after_the_other(server: SocketAddr, pages: u64, work: Duration) -> f64 {
    runtime().block_on(async {
        let client = bare_reqwest();
        let begun = Instant::now();
        for page in 1..=pages {
            let url = format!("http://{server}/partner/payments?per_page=100&page={page}");
            let request = client.get(url).header("authorization", partner::bearer());
            let body = request
                .send()
                .await
                .expect("an answer")
                .bytes()
                .await
                .expect("a body");
            let page: PlainPage = serde_json::from_slice(&body).expect("a page");
            assert_eq!(page.data.len(), 100);
            if !work.is_zero() {
                tokio::time::sleep(work).await;
            }
        }
        begun.elapsed().as_secs_f64()
    })
}

/// The seconds that the whole list takes with us, and how many records it had.
fn with_look_ahead(server: SocketAddr, work: Duration) -> (f64, u64) {
    runtime().block_on(async {
        let client = client(server);
        let begun = Instant::now();
        let mut pages = client.pages(ListPayments::new().per_page(100));
        let mut records = 0;
        while let Some(record) = pages.next().await {
            record.expect("a record");
            records += 1;
            if records % 100 == 0 && !work.is_zero() {
                tokio::time::sleep(work).await;
            }
        }
        (begun.elapsed().as_secs_f64(), records)
    })
}

/// The most heap in use at once in a list of so many pages, in bytes.
fn peak(pages: u64) -> f64 {
    let server = list_server(Duration::ZERO, pages);
    let heap = allocation_counter::measure(|| {
        assert_eq!(with_look_ahead(server, Duration::ZERO).1, pages * 100);
    });
    u32::try_from(heap.bytes_max).map_or(f64::INFINITY, f64::from)
}

fn memory_row(effort: Effort) -> Row {
    let long = if effort.short { 100 } else { 1000 };
    let name = format!("peak memory of a list of {} records, in bytes", long * 100);
    let floor = "the same of 1,000 records";
    Row::counted(name, floor, ratio(1.05), peak(10), peak(long))
}

/// The nanoseconds of one record in a list of so many pages.
pub(crate) fn nanos_per_record(pages: u64) -> f64 {
    let server = list_server(Duration::ZERO, pages);
    let (seconds, records) = with_look_ahead(server, Duration::ZERO);
    assert_eq!(records, pages * 100);
    seconds * 1e9 / f64::from(u32::try_from(records).expect("a count"))
}
