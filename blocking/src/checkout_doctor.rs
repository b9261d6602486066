//! Examines a checkout installation: sends the probes of
//! [`doctor`](sanspay_core::checkout::doctor), which decides everything.

use std::fmt;
use std::time::{Duration, SystemTime};

use sanspay_core::checkout::doctor::{CheckoutDiagnosis, Examination};
use sanspay_core::{Error, RetryPolicy, Wire};
use sanspay_tls::TlsConfig;

use crate::client::Client;
use crate::transport::ureq::UreqTransport;

/// How long each probe may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Examines a checkout installation: whether its messages prove anything, and what to block at its
/// web server. It sends five harmless requests and needs no log-in.
///
/// ```no_run
/// use sanspay_blocking::CheckoutDoctor;
/// let diagnosis = CheckoutDoctor::new("https://pay.shop.example").examine()?;
/// println!("{diagnosis}");
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct CheckoutDoctor {
    base_url: String,
    tls: Option<TlsConfig>,
    wire: Wire,
}

impl CheckoutDoctor {
    /// For the installation at this base URL, such as `https://pay.shop.example`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            tls: None,
            wire: Wire::default(),
        }
    }

    /// Whom to trust; Mozilla's CAs without it.
    pub fn tls(mut self, tls: TlsConfig) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Replaces the routes; those in [`Wire::admin`] count.
    pub fn wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Looks at everything. It takes less than a minute.
    ///
    /// # Errors
    /// When the base URL is none.
    pub fn examine(&self) -> Result<CheckoutDiagnosis, Error> {
        let client = self.client()?;
        let mut examination = Examination::new(&self.base_url);
        while let Some(probe) = examination.next() {
            let probed = client.call(probe);
            examination.accept(SystemTime::now(), probed);
        }
        Ok(examination.finish())
    }

    /// A client that tries everything once, without TLS too. What it calls needs no token, so the
    /// credentials are nobody's.
    fn client(&self) -> Result<Client, Error> {
        let client = Client::builder()
            .base_url(self.base_url.clone())
            .plain_http(true)
            .credentials("nobody", "nobody")
            .wire(self.wire.clone())
            .retry(RetryPolicy::never())
            .deadline(PATIENCE);
        match &self.tls {
            Some(tls) => client.transport(UreqTransport::new(tls.clone())).build(),
            None => client.build(),
        }
    }
}

impl fmt::Debug for CheckoutDoctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold anything until it is examined.
        f.debug_struct("CheckoutDoctor").finish_non_exhaustive()
    }
}
