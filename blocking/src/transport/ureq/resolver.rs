//! Remembers resolved names for seconds, because ureq resolves anew for every request and starts
//! a thread for it whenever a deadline is set.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Uri;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::watch::not_sent;

/// Short enough to follow a failover by DNS.
const REMEMBERED: Duration = Duration::from_secs(10);

/// Names seldom change hands; more than a few means that someone calls many hosts.
const MOST_NAMES: usize = 64;

#[derive(Default)]
pub(super) struct CachingResolver {
    inner: DefaultResolver,
    names: Mutex<BTreeMap<String, (Instant, ResolvedSocketAddrs)>>,
}

/// A name that could not be resolved.
#[derive(Debug)]
struct ResolveError(Error);

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host's name was not resolved: {}", self.0)
    }
}

impl std::error::Error for ResolveError {}

impl Resolver for CachingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let name = format!("{:?}{:?}", uri.scheme(), uri.authority());
        let now = Instant::now();
        if let Some((until, known)) = self.lock().get(&name)
            && now < *until
        {
            return Ok(known.clone());
        }
        // The lock is not held here: a name that resolves slowly delays nobody else.
        let found = self.inner.resolve(uri, config, timeout);
        let found = found.map_err(|error| not_sent(Error::Other(Box::new(ResolveError(error)))))?;
        let mut names = self.lock();
        if names.len() >= MOST_NAMES {
            names.clear();
        }
        names.insert(name, (now + REMEMBERED, found.clone()));
        Ok(found)
    }
}

impl CachingResolver {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Instant, ResolvedSocketAddrs)>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CachingResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CachingResolver")
    }
}
