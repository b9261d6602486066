//! Both providers on a loopback socket: the sandbox of the core behind an HTTP server.
//!
//! ```
//! use sanspay_async::Client;
//! use sanspay_testkit::server;
//! use sanspay_core::Currency;
//! use sanspay_core::partner::{NewPayment, ShowPayment};
//! use sanspay_testkit::sandbox::SandboxConfig;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = server::serve(SandboxConfig::default(), server::FREE_PORT).await?;
//! let client = Client::builder()
//!     .base_url(provider.base_url())
//!     .credentials("sandbox-key-id", "sandbox-key-secret")
//!     .build()?;
//! let payment = client.call(NewPayment::new("order-1", "10.00".parse()?, Currency::USD)).await?;
//! provider.with(|sandbox, now| sandbox.pay("order-1", now))?;
//! assert!(client.call(ShowPayment::new(payment.id())).await?.status().is_paid());
//! # Ok(())
//! # }
//! ```
//!
//! A server answers this machine and no web pages of others, and delivers to this machine only;
//! what else it may do is listed in the configuration, see [`Guard`].

mod courier;
mod listener;
mod merchant;
mod tls;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::sandbox::{Delivery, Guard, Reply, Sandbox, SandboxConfig};
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time;

use courier::Courier;
use listener::{Handler, Listening, Protocol, Sent, Silence, bind_in_thread};
pub use merchant::Merchant;
pub use tls::ServerTls;

/// A free port on the loopback address.
pub const FREE_PORT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

/// A sandbox that listens. Dropping it stops it.
#[must_use = "dropping the server stops it"]
pub struct Server {
    base_url: String,
    shared: Arc<Shared>,
    _listening: Listening,
}

struct Shared {
    sandbox: Mutex<Sandbox>,
    /// Something happened that may have made a delivery due.
    changed: Notify,
    guard: Guard,
    courier: Courier,
}

/// Serves a sandbox on the present runtime until the returned server is dropped.
///
/// `public_url` of the configuration is replaced by the address that was bound.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(config: SandboxConfig, address: SocketAddr) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    serve_on(listener, config, Protocol::Http)
}

/// Like [`serve`] behind TLS, and behind mutual TLS where `tls` demands client certificates.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve_tls(
    config: SandboxConfig,
    address: SocketAddr,
    tls: ServerTls,
) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    serve_on(listener, config, Protocol::Tls(tls))
}

fn serve_on(
    listener: TcpListener,
    config: SandboxConfig,
    protocol: Protocol,
) -> io::Result<Server> {
    let base_url = base_url(&listener, &protocol)?;
    let shared = Shared::new(config, listener.local_addr()?, &base_url)?;
    let beside = Box::pin(deliver_what_is_due(Arc::clone(&shared)));
    let listening = Listening::spawn(listener, protocol, handler(&shared), beside);
    Ok(Server {
        base_url,
        shared,
        _listening: listening,
    })
}

/// Serves a sandbox from a thread of its own, for programs without a runtime.
///
/// # Errors
/// When the address cannot be bound or the thread not be started.
pub fn serve_in_thread(config: SandboxConfig, address: SocketAddr) -> io::Result<Server> {
    serve_from_thread(config, address, Protocol::Http)
}

/// Like [`serve_in_thread`] behind TLS, and behind mutual TLS where `tls` demands client
/// certificates.
///
/// # Errors
/// When the address cannot be bound or the thread not be started.
pub fn serve_tls_in_thread(
    config: SandboxConfig,
    address: SocketAddr,
    tls: ServerTls,
) -> io::Result<Server> {
    serve_from_thread(config, address, Protocol::Tls(tls))
}

fn serve_from_thread(
    config: SandboxConfig,
    address: SocketAddr,
    protocol: Protocol,
) -> io::Result<Server> {
    let (runtime, listener) = bind_in_thread(address)?;
    let base_url = base_url(&listener, &protocol)?;
    let shared = Shared::new(config, listener.local_addr()?, &base_url)?;
    let beside = Box::pin(deliver_what_is_due(Arc::clone(&shared)));
    let handler = handler(&shared);
    let listening = Listening::spawn_thread(runtime, listener, protocol, handler, beside)?;
    Ok(Server {
        base_url,
        shared,
        _listening: listening,
    })
}

fn base_url(listener: &TcpListener, protocol: &Protocol) -> io::Result<String> {
    let address = listener.local_addr()?;
    let scheme = match protocol {
        Protocol::Http => "http",
        Protocol::Tls(_) => "https",
    };
    Ok(format!("{scheme}://{address}"))
}

impl Server {
    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Acts as the payer or the provider's staff, or looks into the records.
    pub fn with<T>(&self, act: impl FnOnce(&mut Sandbox, SystemTime) -> T) -> T {
        let result = act(&mut self.shared.lock(), SystemTime::now());
        self.shared.changed.notify_one();
        result
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn new(
        mut config: SandboxConfig,
        address: SocketAddr,
        base_url: &str,
    ) -> io::Result<Arc<Self>> {
        base_url.clone_into(&mut config.public_url);
        let guard = Guard::new(&config, address.ip());
        Ok(Arc::new(Self {
            sandbox: Mutex::new(Sandbox::new(config)),
            changed: Notify::new(),
            courier: Courier::new(guard.clone())?,
            guard,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Sandbox> {
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn handler(shared: &Arc<Shared>) -> Arc<Handler> {
    let shared = Arc::clone(shared);
    Arc::new(move |request| Box::pin(answer(request, Arc::clone(&shared))))
}

async fn answer(request: Request<Vec<u8>>, shared: Arc<Shared>) -> Result<Response<Sent>, Silence> {
    if let Err(barred) = shared.guard.admit(&request) {
        return Ok(barred.response().map(Sent::whole));
    }
    let outcome = shared.lock().exchange(&request, SystemTime::now());
    shared.changed.notify_one();
    time::sleep(outcome.delay).await;
    match outcome.reply {
        Reply::Answer(response) => Ok(response.map(Sent::whole)),
        Reply::BrokenOff(response) => Ok(response.map(Sent::broken_off)),
        Reply::Lost | Reply::NotConnected => Err(Silence),
    }
}

/// Sends webhooks and notifications when they are due.
async fn deliver_what_is_due(shared: Arc<Shared>) {
    let mut deliveries = JoinSet::new();
    loop {
        let (due, next) = {
            let now = SystemTime::now();
            let mut sandbox = shared.lock();
            (sandbox.due(now), sandbox.next_due())
        };
        for delivery in due {
            deliveries.spawn(deliver(delivery, Arc::clone(&shared)));
        }
        let far = Duration::from_secs(3600);
        let pause = next.map_or(far, |next| {
            next.duration_since(SystemTime::now()).unwrap_or_default()
        });
        tokio::select! {
            () = time::sleep(pause) => {}
            () = shared.changed.notified() => {}
            Some(_) = deliveries.join_next() => {}
        }
    }
}

async fn deliver(delivery: Delivery, shared: Arc<Shared>) {
    let sent = shared.courier.deliver(delivery.request);
    match time::timeout(delivery.timeout, sent).await {
        Ok(Err(barred)) => {
            tracing::warn!("{barred}");
            shared.lock().refuse_delivery(delivery.id, barred);
        }
        answer => {
            let answer = answer.ok().and_then(Result::ok).flatten();
            let now = SystemTime::now();
            shared.lock().delivered(delivery.id, now, answer.as_ref());
        }
    }
    shared.changed.notify_one();
}
