//! Collects what a TLS configuration needs and reports everything that is wrong at once.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use sanspay_core::{Error, ErrorKind, Problems, Secret, TlsProblem};

use crate::client::{self, ClientSource, Misfit};
use crate::config::{TlsConfig, default_provider};
use crate::pem;
use crate::reason::Reason;
use crate::source::Source;

const OPERATION: &str = "configure TLS";

static TLS13_ALONE: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246), the oldest that is ever spoken.
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// Builds a [`TlsConfig`]. Without any call it trusts Mozilla's CAs and sends no certificate.
///
/// The PEM is wiped from memory when the builder is dropped. What the provider of cryptography
/// keeps of the private key lives as long as the configuration, and is in its hands.
#[derive(Debug, Clone)]
#[must_use]
pub struct TlsConfigBuilder {
    pub(crate) client: Option<ClientSource>,
    pub(crate) key_password: Option<Secret>,
    pub(crate) cas: Vec<Source>,
    webpki_roots: Option<bool>,
    #[cfg(feature = "system-roots")]
    system_roots: bool,
    minimum_version: TlsVersion,
    pub(crate) provider: Option<Arc<CryptoProvider>>,
}

impl TlsConfigBuilder {
    pub(crate) fn new() -> Self {
        Self {
            client: None,
            key_password: None,
            cas: Vec::new(),
            webpki_roots: None,
            #[cfg(feature = "system-roots")]
            system_roots: false,
            minimum_version: TlsVersion::Tls12,
            provider: None,
        }
    }

    /// The certificate with which the client introduces itself, and its private key, both as PEM.
    /// The chain holds the client's own certificate and those of its issuers in any order; the
    /// certificate that the key belongs to is sent first. The key is in PKCS#8, PKCS#1 or SEC1.
    /// Chain and key may be the same file.
    ///
    /// Both are read also with a byte order mark, in UTF-16, with `\n` or spaces in place of line
    /// breaks, and with two markers on one line.
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        let (chain, key) = (Source::new(chain), Source::new(key));
        self.client = Some(ClientSource::Pem { chain, key });
        self
    }

    /// Like [`client_certificate`](Self::client_certificate), read from files by
    /// [`build`](Self::build).
    pub fn client_certificate_files(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        let (chain, key) = (Source::File(chain.into()), Source::File(key.into()));
        self.client = Some(ClientSource::Pem { chain, key });
        self
    }

    /// The password of the client's private key, where it is encrypted (PKCS#8 with PBES2, that is
    /// `BEGIN ENCRYPTED PRIVATE KEY`). A key that is not encrypted needs none and takes any.
    #[cfg(feature = "encrypted-keys")]
    pub fn key_password(mut self, password: impl Into<Secret>) -> Self {
        self.key_password = Some(password.into());
        self
    }

    /// The certificate with which the client introduces itself, its chain and its private key from
    /// PKCS#12 (a .p12 or .pfx file), in place of
    /// [`client_certificate`](Self::client_certificate). A file without a password has the empty
    /// one.
    ///
    /// Problems with it are told of the field `client_certificate`.
    ///
    /// ```
    /// use sanspay_tls::TlsConfig;
    /// # let file = include_bytes!("../fixtures/pem/client.p12");
    /// // let file = std::fs::read("client.p12")?;
    /// let tls = TlsConfig::builder().pkcs12(file, "test-password").build()?;
    /// assert_eq!(tls.client_chain().len(), 2);
    /// let error = TlsConfig::builder().pkcs12(file, "wrong").build().unwrap_err();
    /// assert!(error.to_string().contains("the password does not open it"));
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    #[cfg(feature = "pkcs12")]
    pub fn pkcs12(mut self, bytes: impl Into<Vec<u8>>, password: impl Into<Secret>) -> Self {
        let (source, password) = (Source::new(bytes), password.into());
        self.client = Some(ClientSource::Pkcs12 { source, password });
        self
    }

    /// Like [`pkcs12`](Self::pkcs12), read from a file by [`build`](Self::build).
    #[cfg(feature = "pkcs12")]
    pub fn pkcs12_file(mut self, path: impl Into<PathBuf>, password: impl Into<Secret>) -> Self {
        let (source, password) = (Source::File(path.into()), password.into());
        self.client = Some(ClientSource::Pkcs12 { source, password });
        self
    }

    /// Whether the CAs of the operating system were asked for.
    #[cfg(feature = "doctor")]
    #[cfg_attr(not(feature = "system-roots"), allow(clippy::unused_self))]
    pub(crate) fn trusts_the_system(&self) -> bool {
        #[cfg(feature = "system-roots")]
        return self.system_roots;
        #[cfg(not(feature = "system-roots"))]
        return false;
    }

    /// For the doctor, who compares answers with and without it.
    #[cfg(feature = "doctor")]
    pub(crate) fn without_client_certificate(mut self) -> Self {
        self.client = None;
        self
    }

    /// Trusts these CAs (PEM, one or more) for the server's certificate. It may be called
    /// repeatedly. Mozilla's CAs are then trusted no more unless
    /// [`webpki_roots`](Self::webpki_roots) says so.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.cas.push(Source::new(pem));
        self
    }

    /// Like [`ca`](Self::ca), read from a file by [`build`](Self::build).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cas.push(Source::File(path.into()));
        self
    }

    /// Whether Mozilla's CAs, as compiled in, are trusted. By default they are where no other is.
    pub fn webpki_roots(mut self, trusted: bool) -> Self {
        self.webpki_roots = Some(trusted);
        self
    }

    /// Whether the CAs that the operating system trusts are trusted; they are read by
    /// [`build`](Self::build). Mozilla's are then trusted no more unless
    /// [`webpki_roots`](Self::webpki_roots) says so.
    #[cfg(feature = "system-roots")]
    pub fn system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = trusted;
        self
    }

    /// The oldest version that is spoken; 1.2 by default.
    pub fn minimum_version(mut self, version: TlsVersion) -> Self {
        self.minimum_version = version;
        self
    }

    /// Another provider of cryptography than the one that the features select.
    pub fn provider(mut self, provider: impl Into<Arc<CryptoProvider>>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// The configuration. Certificates that have expired are no error here, because this machine's
    /// clock may be wrong; the server says so.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with everything that is wrong. Where the key does not belong to the
    /// certificate, [`Error::tls`] says so too.
    pub fn build(self) -> Result<TlsConfig, Error> {
        let mut problems = Problems::new();
        let Some(provider) = self.provider.clone().or_else(default_provider) else {
            let reason = "is missing, and the features `ring` and `graviola` are off";
            problems.add("provider", reason);
            return Err(problems.into_error(OPERATION));
        };
        let mut at_fault = None;
        let client = self.read_client(&provider, &mut problems, &mut at_fault);
        let (roots, cas) = self.read_roots(&mut problems);
        problems
            .into_result(OPERATION)
            .map_err(|error| match at_fault {
                Some(problem) => error.with_tls(problem),
                None => error,
            })?;
        self.assemble(provider, roots, cas, client)
    }

    fn assemble(
        &self,
        provider: Arc<CryptoProvider>,
        roots: RootCertStore,
        cas: usize,
        client: Option<CertifiedKey>,
    ) -> Result<TlsConfig, Error> {
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.versions())
            .map_err(|error: rustls::Error| {
                let detail = "the provider of cryptography speaks no such version of TLS";
                Error::new(ErrorKind::Invalid, OPERATION, detail).with_source(error)
            })?
            .with_root_certificates(roots);
        let Some(client) = client else {
            let config = config.with_no_client_auth();
            return Ok(TlsConfig::new(Arc::new(config), Vec::new(), cas));
        };
        let chain = client.cert.clone();
        let config = config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(client)));
        Ok(TlsConfig::new(Arc::new(config), chain, cas))
    }

    fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        match self.minimum_version {
            TlsVersion::Tls12 => rustls::ALL_VERSIONS,
            TlsVersion::Tls13 => TLS13_ALONE,
        }
    }

    /// `None` without a client certificate, or with one that has problems.
    fn read_client(
        &self,
        provider: &CryptoProvider,
        problems: &mut Problems,
        at_fault: &mut Option<TlsProblem>,
    ) -> Option<CertifiedKey> {
        let (chain, keys) = self.client.as_ref()?.read(self.key_password.as_ref());
        let chain = chain.map_err(|reason| problems.add("client_certificate", reason.to_string()));
        let keys = keys?.map_err(|reason| problems.add("client_key", reason.to_string()));
        let (chain, keys) = (chain.ok()?, keys.ok()?);
        let (field, reason) = match client::pair(chain, keys, provider) {
            Ok(client) => return Some(client),
            Err(Misfit::Certificate) => (
                "client_certificate",
                "is damaged: a certificate in it cannot be read".to_owned(),
            ),
            Err(Misfit::Version(version)) => {
                let old = "and TLS needs version 3: ask the provider to issue it anew";
                (
                    "client_certificate",
                    format!("is X.509 version {version}, {old}"),
                )
            }
            Err(Misfit::Key) => (
                "client_key",
                "is damaged, or of a kind that is not supported".to_owned(),
            ),
            Err(Misfit::KeyMismatch) => {
                *at_fault = Some(TlsProblem::ClientKeyMismatch);
                (
                    "client_key",
                    "does not belong to the client certificate".to_owned(),
                )
            }
        };
        problems.add(field, reason);
        None
    }

    /// The roots, and how many of them were given as CAs.
    fn read_roots(&self, problems: &mut Problems) -> (RootCertStore, usize) {
        let mut roots = RootCertStore::empty();
        for ca in &self.cas {
            if let Err(reason) = add_cas(ca, &mut roots) {
                problems.add("ca", reason.to_string());
            }
        }
        let cas = roots.len();
        let others = !self.cas.is_empty() || self.add_system_roots(&mut roots, problems);
        if self.webpki_roots.unwrap_or(!others) {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        (roots, cas)
    }

    /// Whether they were asked for.
    #[cfg(feature = "system-roots")]
    fn add_system_roots(&self, roots: &mut RootCertStore, problems: &mut Problems) -> bool {
        if self.system_roots {
            let found = rustls_native_certs::load_native_certs();
            // Every system has a few that rustls does not understand; none at all is a problem.
            let (added, _) = roots.add_parsable_certificates(found.certs);
            problems.require(added > 0, "system_roots", "are none that could be read");
        }
        self.system_roots
    }

    #[cfg(not(feature = "system-roots"))]
    #[allow(clippy::unused_self)] // The same call as with the feature.
    fn add_system_roots(&self, _: &mut RootCertStore, _: &mut Problems) -> bool {
        false
    }
}

/// Adds the CAs of one file.
pub(crate) fn add_cas(source: &Source, roots: &mut RootCertStore) -> Result<(), Reason> {
    let pem = source.read()?;
    for der in pem::certificates(&pem)? {
        roots
            .add(der)
            .map_err(|_| "holds a certificate that is damaged or cannot be a CA's")?;
    }
    Ok(())
}
