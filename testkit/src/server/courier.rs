//! Sends webhooks and notifications to the receivers that the guard allows.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::sandbox::{Barred, Guard};
use http::{Request, Response};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url, retry};
use sanspay_tls::TlsConfig;
use tokio::net;

/// The most of a merchant's answer that is read: the longest receipt is seven bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// An HTTP client that connects to no address that the guard refuses.
pub(super) struct Courier {
    client: Client,
    guard: Guard,
}

impl Courier {
    pub(super) fn new(guard: Guard) -> io::Result<Self> {
        let client = client(Guarded(guard.clone()))?;
        Ok(Self { client, guard })
    }

    /// The merchant's answer, or `None` where there is none.
    ///
    /// # Errors
    /// When the guard refuses the receiver: nothing was sent.
    pub(super) async fn deliver(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Option<Response<Vec<u8>>>, Barred> {
        let Ok(request) = reqwest::Request::try_from(request) else {
            return Ok(None);
        };
        // The URL as the connection will read it: of the many ways to write an address one is left.
        if let Some((host, address)) = literal(request.url()) {
            self.guard.receivers(host, [address])?;
        }
        match self.client.execute(request).await {
            Ok(answer) => Ok(read(answer).await),
            Err(error) => barred(&error).map_or(Ok(None), |barred| Err(barred.clone())),
        }
    }
}

fn client(resolver: impl Resolve + 'static) -> io::Result<Client> {
    let tls = TlsConfig::builder().build().map_err(io::Error::other)?;
    Client::builder()
        .tls_backend_preconfigured((**tls.rustls()).clone())
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(5))
        .dns_resolver(Arc::new(resolver))
        .build()
        .map_err(io::Error::other)
}

/// The host of a URL that is an address, which no resolver is asked for.
fn literal(url: &Url) -> Option<(&str, SocketAddr)> {
    let host = url.host_str()?;
    let port = url.port_or_known_default()?;
    let address = format!("{host}:{port}").parse().ok()?;
    Some((host, address))
}

/// Resolves names to the addresses that the guard allows.
struct Guarded(Guard);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = net::lookup_host((name.as_str(), 0)).await?;
            let allowed = guard.receivers(name.as_str(), found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The guard's refusal, where it is what went wrong.
fn barred(error: &reqwest::Error) -> Option<&Barred> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(barred) = error.downcast_ref() {
            return Some(barred);
        }
        source = error.source();
    }
    None
}

async fn read(mut answer: reqwest::Response) -> Option<Response<Vec<u8>>> {
    let mut body = Vec::new();
    while body.len() <= MAX_ANSWER {
        match answer.chunk().await.ok()? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    let mut whole = Response::new(body);
    *whole.status_mut() = answer.status();
    Some(whole)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sandbox::SandboxConfig;

    /// A name server under which every name leads to another machine.
    struct Elsewhere(Guard);

    impl Resolve for Elsewhere {
        fn resolve(&self, name: Name) -> Resolving {
            let found = self
                .0
                .receivers(name.as_str(), [([10, 255, 255, 1], 0).into()]);
            Box::pin(async { Ok(Box::new(found?.into_iter()) as Addrs) })
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_elsewhere_is_refused_and_not_merely_unanswered() {
        let guard = Guard::new(&SandboxConfig::default(), [127, 0, 0, 1].into());
        let client = client(Elsewhere(guard.clone())).unwrap();
        let courier = Courier { client, guard };
        let request = Request::post("http://turned.example:9/hooks").body(vec![1]);
        let barred = courier.deliver(request.unwrap()).await.unwrap_err();
        let told = barred.to_string();
        assert!(told.contains("`turned.example` at 10.255.255.1"), "{told}");
    }
}
