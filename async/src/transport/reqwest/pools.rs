//! One pool of connections for each runtime that a transport is used from.
//!
//! hyper looks after a connection in a task of the runtime that made it. Used from another runtime,
//! it would wait for somebody who may be idle or gone.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, retry};
use sanspay_core::{Error, ErrorKind};
use sanspay_tls::TlsConfig;
use tokio::runtime;

/// As many headers as ureq reads from an answer; hyper's own limit is 100.
const MAX_HEADERS: usize = 128;

/// A connection is reused for less than the 75 s after which NGINX closes an idle one by default.
const MAX_IDLE_AGE: Duration = Duration::from_secs(45);

/// More than a few runtimes at a time are tests, one after the other.
const MOST_RUNTIMES: usize = 16;

/// The pools, all of one TLS configuration.
pub(super) struct Pools {
    pub(super) connect_timeout: Duration,
    pub(super) tls: TlsConfig,
    /// Made as a proof that the configuration is accepted, for the first runtime that comes.
    spare: Option<Client>,
    /// The oldest first.
    made: Vec<(runtime::Id, Client)>,
}

impl Pools {
    pub(super) fn new(connect_timeout: Duration, tls: TlsConfig) -> Result<Self, Error> {
        let spare = client(connect_timeout, &tls).map_err(|source| {
            let detail = "the TLS configuration was refused";
            Error::new(ErrorKind::Invalid, "configure", detail).with_source(source)
        })?;
        Ok(Self {
            connect_timeout,
            tls,
            spare: Some(spare),
            made: Vec::new(),
        })
    }

    /// The pool of this runtime, if it has one.
    pub(super) fn of(&self, runtime: runtime::Id) -> Option<Client> {
        let known = self.made.iter().rfind(|(id, _)| *id == runtime);
        known.map(|(_, client)| client.clone())
    }

    /// The pool of this runtime, which gets one where it has none. The oldest goes if there are too
    /// many; calls in flight keep theirs.
    pub(super) fn make_for(&mut self, runtime: runtime::Id) -> Result<Client, reqwest::Error> {
        if let Some(made) = self.of(runtime) {
            return Ok(made);
        }
        let new = match self.spare.take() {
            Some(spare) => spare,
            None => client(self.connect_timeout, &self.tls)?,
        };
        if self.made.len() >= MOST_RUNTIMES {
            self.made.remove(0);
        }
        self.made.push((runtime, new.clone()));
        Ok(new)
    }
}

fn client(connect_timeout: Duration, tls: &TlsConfig) -> Result<Client, reqwest::Error> {
    Client::builder()
        // No provider that others install, or fail to, has a say in a ready configuration.
        .tls_backend_preconfigured((**tls.rustls()).clone())
        .http1_only()
        .http1_max_headers(MAX_HEADERS)
        .no_proxy()
        .redirect(Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(MAX_IDLE_AGE)
        .pool_max_idle_per_host(256)
        .build()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn pools() -> Pools {
        let tls = TlsConfig::builder().build().unwrap();
        Pools::new(Duration::from_secs(1), tls).unwrap()
    }

    #[test]
    fn each_runtime_has_a_pool_and_the_oldest_of_too_many_goes() {
        let mut pools = pools();
        let runtimes: Vec<_> = (0..=MOST_RUNTIMES)
            .map(|_| runtime::Builder::new_current_thread().build().unwrap())
            .collect();
        let ids: Vec<_> = runtimes.iter().map(|each| each.handle().id()).collect();
        for id in &ids {
            assert!(pools.of(*id).is_none());
            pools.make_for(*id).unwrap();
            pools.make_for(*id).unwrap();
        }
        let kept = ids.iter().filter(|id| pools.of(**id).is_some()).count();
        assert_eq!((kept, pools.made.len()), (MOST_RUNTIMES, MOST_RUNTIMES));
        assert!(pools.of(*ids.first().unwrap()).is_none());
    }
}
