//! Whether a transport keeps its contract: it is tried against a server that hurts it.

mod breach;
mod case;
mod connection;
mod dropping;
mod judge;
mod rule;
mod server;

use std::thread;
use std::time::{Duration, Instant};

use http::{Request, Response};
use sanspay_core::{Limits, TransportError};
use tokio::time;

pub use breach::{Breach, BrokenRules};
use judge::{Reported, judge};
pub use rule::Rule;
use server::Server;

/// How long is waited for what a transport sends after it has reported.
const SETTLES: Duration = Duration::from_millis(20);

/// Tries a blocking transport and names each rule of its contract that it breaks.
///
/// It takes some seconds of real time: the transport waits for answers that never come. See the
/// [crate](crate) for what it cannot see.
///
/// ```no_run
/// # fn send(_: http::Request<Vec<u8>>)
/// #     -> Result<http::Response<Vec<u8>>, sanspay_core::TransportError> { todo!() }
/// // Whatever you give to `Client::builder().transport(..)`.
/// if let Err(broken) = sanspay_testkit::check_transport(send) {
///     panic!("{broken}");
/// }
/// ```
///
/// # Errors
/// The broken rules, each with what the server did and what the transport did then.
///
/// # Panics
/// Where no socket can be opened on the loopback address, or the transport panics.
pub fn check_transport<T>(transport: T) -> Result<(), BrokenRules>
where
    T: Fn(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError>,
{
    let mut breaches = Vec::new();
    for case in case::all() {
        let server = start();
        if case.warm {
            // How this ends is judged by the first case.
            let _ = transport(case.warming(&server));
        }
        server.expect(case.act);
        let began = Instant::now();
        let reported = Reported::Outcome(transport(case.request(&server)));
        let took = began.elapsed();
        thread::sleep(SETTLES);
        breaches.extend(judge(&case, &server.seen(), took, &reported));
    }
    BrokenRules::found(breaches)
}

/// Tries an asynchronous transport and names each rule of its contract that it breaks.
///
/// As the client does, it drops what is not done when the time is over. It takes some seconds of
/// real time and needs a tokio runtime whose clock runs: do not pause it. See the [crate](crate) for
/// what it cannot see.
///
/// ```no_run
/// # async fn send(_: http::Request<Vec<u8>>)
/// #     -> Result<http::Response<Vec<u8>>, sanspay_core::TransportError> { todo!() }
/// # async fn example() {
/// // Whatever you give to `Client::builder().transport(..)`.
/// if let Err(broken) = sanspay_testkit::check_transport_async(send).await {
///     panic!("{broken}");
/// }
/// # }
/// ```
///
/// # Errors
/// The broken rules, each with what the server did and what the transport did then.
///
/// # Panics
/// Where no socket can be opened on the loopback address, outside of a tokio runtime with time, or
/// where the transport panics.
pub async fn check_transport_async<T, F>(transport: T) -> Result<(), BrokenRules>
where
    T: Fn(Request<Vec<u8>>) -> F,
    F: Future<Output = Result<Response<Vec<u8>>, TransportError>>,
{
    let mut breaches = Vec::new();
    for case in case::all() {
        let server = start();
        if case.warm {
            // How this ends is judged by the first case.
            let _ = driven(&transport, case.warming(&server)).await;
        }
        server.expect(case.act);
        let began = Instant::now();
        let reported = driven(&transport, case.request(&server)).await;
        let took = began.elapsed();
        time::sleep(SETTLES).await;
        breaches.extend(judge(&case, &server.seen(), took, &reported));
    }
    breaches.extend(dropping::at_once(&transport).await);
    breaches.extend(dropping::in_flight(&transport).await);
    BrokenRules::found(breaches)
}

/// What becomes of a request under a driver that does not wait any longer than the request says.
async fn driven<T, F>(transport: &T, request: Request<Vec<u8>>) -> Reported
where
    T: Fn(Request<Vec<u8>>) -> F,
    F: Future<Output = Result<Response<Vec<u8>>, TransportError>>,
{
    let time_left = Limits::of(&request).time_left;
    let outcome = time::timeout(time_left, transport(request)).await;
    outcome.map_or(Reported::Nothing, Reported::Outcome)
}

#[expect(
    clippy::expect_used,
    reason = "documented: without a socket nothing can be checked"
)]
fn start() -> Server {
    Server::start().expect("a socket on the loopback address")
}
