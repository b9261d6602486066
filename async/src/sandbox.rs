//! Both providers on a loopback socket: the sandbox of the core behind an HTTP server.
//!
//! ```
//! use sanspay_async::{Client, sandbox};
//! use sanspay_core::Currency;
//! use sanspay_core::partner::{NewPayment, ShowPayment};
//! use sanspay_core::sandbox::SandboxConfig;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = sandbox::serve(SandboxConfig::default(), sandbox::FREE_PORT).await?;
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

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sanspay_core::sandbox::{Delivery, Reply, Sandbox, SandboxConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time;

use crate::transport::{Transport, reqwest::over_reqwest};

/// A free port on the loopback address.
pub const FREE_PORT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

/// The most of a request's body that is read; the sandbox refuses less than this by itself.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// A sandbox that listens. Dropping it stops it.
#[must_use = "dropping the server stops it"]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropping it stops the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

struct Shared {
    sandbox: Mutex<Sandbox>,
    /// Something happened that may have made a delivery due.
    changed: Notify,
    deliver: Arc<Transport>,
}

/// Serves a sandbox on the present runtime until the returned server is dropped.
///
/// `public_url` of the configuration is replaced by the address that was bound.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(config: SandboxConfig, address: SocketAddr) -> io::Result<Server> {
    let listener = TcpListener::bind(address).await?;
    let (server, stopped) = Server::new(config, listener.local_addr()?)?;
    tokio::spawn(run(listener, Arc::clone(&server.shared), stopped));
    Ok(server)
}

/// Serves a sandbox from a thread of its own, for programs without a runtime.
///
/// # Errors
/// When the address cannot be bound or the thread not be started.
pub fn serve_in_thread(config: SandboxConfig, address: SocketAddr) -> io::Result<Server> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind(address))?;
    let (mut server, stopped) = Server::new(config, listener.local_addr()?)?;
    let shared = Arc::clone(&server.shared);
    let thread = thread::Builder::new().name("sanspay-sandbox".into());
    server.thread = Some(thread.spawn(move || runtime.block_on(run(listener, shared, stopped)))?);
    Ok(server)
}

impl Server {
    fn new(
        mut config: SandboxConfig,
        address: SocketAddr,
    ) -> io::Result<(Self, oneshot::Receiver<()>)> {
        config.public_url = format!("http://{address}");
        let deliver = over_reqwest(Duration::from_secs(5)).map_err(io::Error::other)?;
        let sandbox = Mutex::new(Sandbox::new(config));
        let shared = Arc::new(Shared {
            sandbox,
            changed: Notify::new(),
            deliver,
        });
        let (stop, stopped) = oneshot::channel();
        Ok((
            Self {
                address,
                shared,
                stop: Some(stop),
                thread: None,
            },
            stopped,
        ))
    }

    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Acts as the payer or the provider's staff, or looks into the books.
    pub fn with<T>(&self, act: impl FnOnce(&mut Sandbox, SystemTime) -> T) -> T {
        let result = act(&mut self.shared.lock(), SystemTime::now());
        self.shared.changed.notify_one();
        result
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by it; here it is over either way.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Sandbox> {
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts connections and sends what is due until it is stopped; all tasks end with it.
async fn run(listener: TcpListener, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(deliver_what_is_due(Arc::clone(&shared)));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(serve_connection(stream, Arc::clone(&shared)));
                }
                // Out of descriptors, or a peer that left at once: go on a little later.
                Err(_) => time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = tasks.join_next() => {}
            _ = &mut stopped => return,
        }
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    // Small answers are written in two pieces; without this each waits for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    // A connection that breaks is what faults are for, and what clients do.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A connection that ends without an answer.
#[derive(Debug)]
struct Silence;

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer on purpose")
    }
}

impl std::error::Error for Silence {}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Sent>, Silence> {
    let (mut parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map_err(|_| Silence)?;
    // The sandbox sees the URL as the client wrote it.
    if let Some(host) = parts
        .headers
        .get(http::header::HOST)
        .and_then(|h| h.to_str().ok())
    {
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        parts.uri = format!("http://{host}{target}")
            .parse::<Uri>()
            .unwrap_or(parts.uri);
    }
    let request = Request::from_parts(parts, body.to_bytes().to_vec());
    let outcome = shared.lock().exchange(&request, SystemTime::now());
    shared.changed.notify_one();
    time::sleep(outcome.delay).await;
    match outcome.reply {
        Reply::Answer(response) => Ok(response.map(|body| Sent::new(body, false))),
        Reply::BrokenOff(response) => Ok(response.map(|body| Sent::new(body, true))),
        Reply::Lost | Reply::NotConnected => Err(Silence),
    }
}

/// A body that ends, or breaks off after what there is of it.
struct Sent {
    data: Option<Bytes>,
    breaks_off: bool,
}

impl Sent {
    fn new(body: Vec<u8>, breaks_off: bool) -> Self {
        Self {
            data: Some(body.into()),
            breaks_off,
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Silence;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Silence>>> {
        Poll::Ready(match self.data.take() {
            Some(data) => Some(Ok(Frame::data(data))),
            None => self.breaks_off.then_some(Err(Silence)),
        })
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match &self.data {
            Some(data) if !self.breaks_off => http_body::SizeHint::with_exact(data.len() as u64),
            _ => http_body::SizeHint::default(),
        }
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
    let answer = time::timeout(delivery.timeout, (shared.deliver)(delivery.request)).await;
    let answer = answer.ok().and_then(Result::ok);
    shared
        .lock()
        .delivered(delivery.id, SystemTime::now(), answer.as_ref());
    shared.changed.notify_one();
}
