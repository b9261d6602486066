//! A small HTTP server around one closure, on a runtime that is there or in a thread of its own.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time;

/// The most of a request's body that is read.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What a request is answered with, once it is.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response<Sent>, Silence>> + Send>>;

pub(super) type Handler = dyn Fn(Request<Vec<u8>>) -> Answer + Send + Sync;

/// A task that runs beside the server and ends with it.
pub(super) type Background = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is spoken on the connections.
#[derive(Clone)]
pub(super) enum Protocol {
    Http,
    Tls(super::tls::ServerTls),
}

/// Keeps the server running until it is dropped.
pub(super) struct Listening {
    /// Dropping it stops the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Listening {
    /// Serves on the present runtime.
    pub(super) fn spawn(
        listener: TcpListener,
        protocol: Protocol,
        handler: Arc<Handler>,
        beside: Background,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(run(listener, protocol, handler, beside, stopped));
        Self {
            stop: Some(stop),
            thread: None,
        }
    }

    /// Serves from a thread of its own, on the runtime that the listener belongs to.
    pub(super) fn spawn_thread(
        runtime: Runtime,
        listener: TcpListener,
        protocol: Protocol,
        handler: Arc<Handler>,
        beside: Background,
    ) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("sanspay-sandbox".into())
            .spawn(move || runtime.block_on(run(listener, protocol, handler, beside, stopped)))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by it; here it is over either way.
            let _ = thread.join();
        }
    }
}

/// A runtime for one thread, and a listener on it.
pub(super) fn bind_in_thread(address: SocketAddr) -> io::Result<(Runtime, TcpListener)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Without `block_on`, which no thread of another runtime may call.
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let within = runtime.enter();
    let listener = TcpListener::from_std(listener)?;
    drop(within);
    Ok((runtime, listener))
}

/// Accepts connections until it is stopped; all tasks end with it.
async fn run(
    listener: TcpListener,
    protocol: Protocol,
    handler: Arc<Handler>,
    beside: Background,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut tasks = JoinSet::new();
    tasks.spawn(beside);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(serve_connection(stream, protocol.clone(), Arc::clone(&handler)));
                }
                // Out of descriptors, or a peer that left at once: go on a little later.
                Err(_) => time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = tasks.join_next() => {}
            _ = &mut stopped => return,
        }
    }
}

async fn serve_connection(stream: TcpStream, protocol: Protocol, handler: Arc<Handler>) {
    // Small answers are written in two pieces; without this each waits for an acknowledgement.
    let _ = stream.set_nodelay(true);
    match protocol {
        Protocol::Http => serve_http(stream, handler).await,
        Protocol::Tls(tls) => super::tls::serve_connection(stream, tls, handler).await,
    }
}

/// Serves HTTP on a connection until it ends.
pub(super) async fn serve_http<S>(stream: S, handler: Arc<Handler>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let service = service_fn(|request| answer(request, Arc::clone(&handler)));
    // A connection that breaks is what faults are for, and what clients do.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    handler: Arc<Handler>,
) -> Result<Response<Sent>, Silence> {
    let (mut parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map_err(|_| Silence)?;
    // The handler sees the URL as the client wrote it; a front that ends TLS says so.
    let text = |name: &str| parts.headers.get(name).and_then(|h| h.to_str().ok());
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let url =
        text("host").and_then(|host| format!("{scheme}://{host}{target}").parse::<Uri>().ok());
    parts.uri = url.unwrap_or(parts.uri);
    handler(Request::from_parts(parts, body.to_bytes().to_vec())).await
}

/// A connection that ends without an answer.
#[derive(Debug)]
pub(super) struct Silence;

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer on purpose")
    }
}

impl std::error::Error for Silence {}

/// A body that ends, or breaks off after what there is of it.
pub(super) struct Sent {
    data: Option<Bytes>,
    breaks_off: bool,
}

impl Sent {
    pub(super) fn whole(body: Vec<u8>) -> Self {
        Self {
            data: Some(body.into()),
            breaks_off: false,
        }
    }

    pub(super) fn broken_off(body: Vec<u8>) -> Self {
        Self {
            data: Some(body.into()),
            breaks_off: true,
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

    fn size_hint(&self) -> SizeHint {
        match &self.data {
            Some(data) if !self.breaks_off => SizeHint::with_exact(data.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
