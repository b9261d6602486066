//! The client's certificate, its key and the CA, looked at without a network.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::server::WebPkiClientVerifier;
use sanspay_core::{CertificateValidity, Secret, TlsProblem, printable};

use super::Diagnosis;
use crate::certificate::{Certificate, days};
use crate::client::{self, Misfit};
use crate::pem;

/// A certificate is renewed before so little is left of it.
const RENEWAL: Duration = Duration::from_secs(14 * 24 * 3600);

const PEM_ADVICE: &str = "give the file in PEM as the provider issued it";

/// What a client has to introduce itself with, and whom it trusts, all as PEM.
#[derive(Clone, Copy, Default)]
pub struct ClientPem<'a> {
    /// The client certificate with its chain.
    pub chain: Option<&'a [u8]>,
    /// Its private key.
    pub key: Option<&'a [u8]>,
    /// The key's password, where it is encrypted; the feature `encrypted-keys` reads it.
    pub key_password: Option<&'a Secret>,
    /// The CAs that are trusted.
    pub ca: Option<&'a [u8]>,
}

impl ClientPem<'_> {
    /// Looks at all of it.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use sanspay_tls::doctor::{ClientPem, Diagnosis};
    /// let mut diagnosis = Diagnosis::new();
    /// let provider = sanspay_tls::default_provider().unwrap();
    /// let given = ClientPem { chain: Some(b"no PEM"), ..ClientPem::default() };
    /// given.examine(&provider, SystemTime::now(), &mut diagnosis);
    /// assert!(!diagnosis.is_healthy());
    /// ```
    pub fn examine(
        &self,
        provider: &Arc<CryptoProvider>,
        now: SystemTime,
        diagnosis: &mut Diagnosis,
    ) {
        let roots = self.examine_ca(diagnosis);
        let Some(chain) = self.chain else {
            diagnosis.skipped("client certificate", "none was given");
            return;
        };
        let chain = match Certificate::from_pem(chain) {
            Ok(chain) => chain,
            Err(reason) => {
                diagnosis.bad(
                    "client certificate",
                    format!("the file {reason}"),
                    PEM_ADVICE,
                );
                return;
            }
        };
        let Some(leaf) = chain.first() else { return };
        let (subject, issuer) = (leaf.subject(), leaf.issuer());
        diagnosis.good(
            "client certificate",
            format!("{}, issued by {}", printable(&subject), printable(&issuer)),
        );
        examine_leaf(leaf, now, diagnosis);
        self.examine_key(&chain, provider, diagnosis);
        match roots {
            Some(roots) if leaf.version() == 3 => {
                examine_chain(&chain, roots, provider, now, diagnosis);
            }
            _ => diagnosis.skipped("chain to the CA", "there is nothing to check it with"),
        }
    }

    /// The CAs, where some were given and can be read.
    fn examine_ca(&self, diagnosis: &mut Diagnosis) -> Option<RootCertStore> {
        const NAME: &str = "trusted CA";
        let Some(pem) = self.ca else {
            diagnosis.good(NAME, "Mozilla's, because none was given");
            return None;
        };
        let mut roots = RootCertStore::empty();
        let read = pem::certificates(pem).and_then(|ders| {
            let added = ders.into_iter().try_for_each(|der| roots.add(der));
            added.map_err(|_| "holds a certificate that is damaged or cannot be a CA's".to_owned())
        });
        if let Err(reason) = read {
            diagnosis.bad(NAME, format!("the file {reason}"), PEM_ADVICE);
            return None;
        }
        diagnosis.good(NAME, format!("{} given", roots.len()));
        Some(roots)
    }

    fn examine_key(
        &self,
        chain: &[Certificate],
        provider: &CryptoProvider,
        diagnosis: &mut Diagnosis,
    ) {
        const NAME: &str = "private key";
        let Some(key) = self.key else {
            let advice = "give the private key that belongs to the client certificate";
            diagnosis.bad(NAME, "none was given", advice);
            return;
        };
        let keys = match pem::private_keys(key, self.key_password) {
            Ok(keys) => keys,
            Err(reason) => {
                let advice = "give the private key in PEM, not encrypted";
                diagnosis.bad(NAME, format!("the file {reason}"), advice);
                return;
            }
        };
        let ders = chain.iter().map(|certificate| certificate.der().clone());
        match client::pair(ders.collect(), keys, provider) {
            Ok(_) => diagnosis.good(NAME, "belongs to the certificate"),
            Err(Misfit::KeyMismatch) => {
                let problem = TlsProblem::ClientKeyMismatch;
                diagnosis.bad(NAME, "belongs to another certificate", problem.advice());
            }
            // That is the certificate's fault, which has a line of its own.
            Err(Misfit::Certificate | Misfit::Version(_)) => {
                diagnosis.skipped(NAME, "cannot be compared with this certificate");
            }
            Err(Misfit::Key) => {
                let advice = "use a key that TLS knows: RSA of 2048 bits or more, P-256 or P-384";
                diagnosis.bad(
                    NAME,
                    "is damaged, or of a kind that is not supported",
                    advice,
                );
            }
        }
    }
}

fn examine_leaf(leaf: &Certificate, now: SystemTime, diagnosis: &mut Diagnosis) {
    match leaf.version() {
        3 => diagnosis.good("X.509 version", "3"),
        old => {
            let advice = "ask the provider to issue the client certificate anew as X.509 version 3";
            diagnosis.bad(
                "X.509 version",
                format!("{old}, which TLS does not take"),
                advice,
            );
        }
    }
    examine_validity(leaf, now, diagnosis);
    if leaf.allows_client_auth() {
        diagnosis.good("key usage", "a client may use it");
    } else {
        let advice = "ask the provider for a certificate for client authentication";
        diagnosis.bad("key usage", "it is not for clients", advice);
    }
}

fn examine_validity(leaf: &Certificate, now: SystemTime, diagnosis: &mut Diagnosis) {
    const NAME: &str = "validity";
    let validity = leaf.validity();
    let problem = TlsProblem::ClientCertificateRejected.given(validity, now);
    if problem != TlsProblem::ClientCertificateRejected {
        let told = match problem {
            TlsProblem::ClientCertificateExpired => ended(validity, now),
            _ => format!("begins in {}", days(validity.not_before, now)),
        };
        diagnosis.bad(NAME, told, problem.advice());
        return;
    }
    let told = format!("{} left", leaf.days_left(now));
    let left = validity.not_after.duration_since(now).unwrap_or_default();
    if left < RENEWAL {
        let advice = "get a new client certificate before this one expires";
        diagnosis.warning(NAME, told, advice);
    } else {
        diagnosis.good(NAME, told);
    }
}

fn ended(validity: CertificateValidity, now: SystemTime) -> String {
    format!("expired {} ago", days(now, validity.not_after))
}

/// Whether one of the CAs issued it, leaving aside whether it is valid now, which has a line of
/// its own.
fn examine_chain(
    chain: &[Certificate],
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
    now: SystemTime,
    diagnosis: &mut Diagnosis,
) {
    const NAME: &str = "chain to the CA";
    let Some((leaf, issuers)) = chain.split_first() else {
        return;
    };
    let validity = leaf.validity();
    let moment = now.clamp(
        validity.not_before,
        validity.not_after.max(validity.not_before),
    );
    let since = moment.duration_since(SystemTime::UNIX_EPOCH);
    let moment = UnixTime::since_unix_epoch(since.unwrap_or_default());
    let issuers: Vec<_> = issuers.iter().map(|issuer| issuer.der().clone()).collect();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let Ok(verifier) = verifier.build() else {
        diagnosis.skipped(NAME, "there is nothing to check it with");
        return;
    };
    match verifier.verify_client_cert(leaf.der(), &issuers, moment) {
        Ok(_) => diagnosis.good(NAME, "complete"),
        Err(_) => diagnosis.warning(
            NAME,
            "does not lead to the CA that was given",
            "make sure that the provider's CA issued the client certificate, and give its whole chain",
        ),
    }
}
