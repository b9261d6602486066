//! What the doctor is told: the base URL, the certificates, the credentials.

use std::fmt;
use std::time::SystemTime;

use sanspay_core::{Credentials, Diagnosis, Error, RetryPolicy, Secret, Session, SessionBuilder};

use super::examination::Examination;
use super::{PATIENCE, certificates};
use crate::builder::{TlsConfigBuilder, TlsVersion};
use crate::config::{TlsConfig, default_provider};

/// Examines a connection to the partner API and everything that it needs. An adapter's `examine`
/// carries it out; `Debug` shows the base URL alone.
#[derive(Clone)]
#[must_use]
pub struct Doctor {
    pub(super) base_url: String,
    pub(super) tls: TlsConfigBuilder,
    credentials: Option<(Secret, Secret)>,
}

impl Doctor {
    /// For the API at this base URL.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            tls: TlsConfig::builder(),
            credentials: None,
        }
    }

    /// The TLS configuration: for files, PKCS#12, passwords and whatever else
    /// [`TlsConfigBuilder`] takes. It replaces what was given before.
    pub fn tls(mut self, tls: TlsConfigBuilder) -> Self {
        self.tls = tls;
        self
    }

    /// The client certificate with its chain, and its private key, both as PEM.
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls = self.tls.client_certificate(chain, key);
        self
    }

    /// The CAs that are trusted, as PEM; without any, Mozilla's are.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls = self.tls.ca(pem);
        self
    }

    /// The oldest version of TLS that the client speaks.
    pub fn minimum_version(mut self, version: TlsVersion) -> Self {
        self.tls = self.tls.minimum_version(version);
        self
    }

    /// `key_id` and `key_secret`; without them no token is asked for.
    pub fn credentials(mut self, key_id: impl Into<Secret>, key_secret: impl Into<Secret>) -> Self {
        self.credentials = Some((key_id.into(), key_secret.into()));
        self
    }

    /// Looks at the certificates and the key alone, without any network.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use sanspay_tls::doctor::Doctor;
    /// let setup = Doctor::new("https://api.example.com").client_certificate("no PEM", "neither");
    /// let diagnosis = setup.offline(SystemTime::now());
    /// assert!(!diagnosis.is_healthy());
    /// ```
    pub fn offline(&self, now: SystemTime) -> Diagnosis {
        let mut diagnosis = Diagnosis::new();
        if let Some(provider) = self.tls.provider.clone().or_else(default_provider) {
            certificates::examine(&self.tls, &provider, now, &mut diagnosis);
        } else {
            let advice = "switch on the feature `ring` or `graviola`";
            diagnosis.bad("cryptography", "none is compiled in", advice);
        }
        diagnosis
    }

    /// Begins the whole examination: what needs no network is looked at already.
    pub fn examination(&self, now: SystemTime) -> Examination {
        Examination::new(self, self.offline(now))
    }

    /// A session that tries everything once. What the probes call needs no token, so the credentials
    /// are nobody's.
    ///
    /// # Errors
    /// When the base URL is none.
    pub fn session(&self) -> Result<Session, Error> {
        SessionBuilder::new(0)
            .base_url(self.base_url.clone())
            .credentials("nobody", "nobody")
            .short_key_secret(true)
            .retry(RetryPolicy::never())
            .deadline(PATIENCE)
            .build()
    }

    /// The credentials; `None` where none were given.
    pub(super) fn checked_credentials(&self) -> Option<Result<Credentials, Error>> {
        let (key_id, key_secret) = self.credentials.clone()?;
        Some(Credentials::new(key_id, key_secret))
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
