//! The merchant's own endpoint in a test: one closure that answers webhooks and notifications.

use std::fmt;
use std::future::{pending, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};

use super::listener::{Handler, Listening, Protocol, Sent, bind_in_thread};

/// A loopback server that stands in for the merchant's own, so that a test or a demonstration can
/// receive what the sandbox delivers. Dropping it stops it.
///
/// ```
/// use http::Response;
/// use sanspay_testkit::server::{FREE_PORT, Merchant};
///
/// let merchant = Merchant::listen(FREE_PORT, |request| {
///     assert_eq!(request.uri().path(), "/webhooks");
///     Response::new(Vec::new())
/// })?;
/// let webhook_url = format!("{}/webhooks", merchant.base_url());
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping the server stops it"]
pub struct Merchant {
    address: SocketAddr,
    _listening: Listening,
}

impl Merchant {
    /// Listens from a thread of its own and answers with the closure, one request at a time.
    ///
    /// # Errors
    /// When the address cannot be bound or the thread not be started.
    pub fn listen<F>(address: SocketAddr, answer: F) -> io::Result<Self>
    where
        F: Fn(Request<Vec<u8>>) -> Response<Vec<u8>> + Send + Sync + 'static,
    {
        let (runtime, listener) = bind_in_thread(address)?;
        let address = listener.local_addr()?;
        let handler: Arc<Handler> =
            Arc::new(move |request| Box::pin(ready(Ok(answer(request).map(Sent::whole)))));
        let beside = Box::pin(pending());
        let listening =
            Listening::spawn_thread(runtime, listener, Protocol::Http, handler, beside)?;
        Ok(Self {
            address,
            _listening: listening,
        })
    }

    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
