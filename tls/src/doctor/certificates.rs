//! The client's certificate, its key and the CAs, looked at without a network.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use sanspay_core::{CertificateValidity, Diagnosis, TlsProblem, printable};

use crate::builder::{TlsConfigBuilder, add_cas};
use crate::certificate::{Certificate, days};
use crate::client::{self, Misfit};
use crate::reason::Reason;

/// A certificate is renewed before so little is left of it.
const RENEWAL: Duration = Duration::from_secs(14 * 24 * 3600);

const PEM_ADVICE: &str = "give the file in PEM as the provider issued it";

/// Looks at everything that was given.
pub(super) fn examine(
    given: &TlsConfigBuilder,
    provider: &Arc<CryptoProvider>,
    now: SystemTime,
    diagnosis: &mut Diagnosis,
) {
    const NAME: &str = "client certificate";
    let roots = examine_cas(given, diagnosis);
    let Some(client) = &given.client else {
        diagnosis.skipped(NAME, "none was given");
        return;
    };
    let (chain, keys) = client.read(given.key_password.as_ref());
    let chain = match chain {
        Ok(chain) => chain,
        Err(reason) => {
            refuse(NAME, &reason, PEM_ADVICE, diagnosis);
            if let Some(Err(reason)) = &keys {
                refuse_key(reason, diagnosis);
            }
            return;
        }
    };
    // What is sent, in its order, where the key tells which certificate is the client's own.
    let paired = keys.map(|keys| keys.map(|keys| client::pair(chain.clone(), keys, provider)));
    let chain = match &paired {
        Some(Ok(Ok(client))) => client.cert.clone(),
        _ => chain,
    };
    let leaf = chain.first().and_then(Certificate::from_der);
    match &leaf {
        Some(leaf) => {
            let (subject, issuer) = (leaf.subject(), leaf.issuer());
            let (subject, issuer) = (printable(&subject), printable(&issuer));
            diagnosis.good(NAME, format!("{subject}, issued by {issuer}"));
            examine_leaf(leaf, now, diagnosis);
        }
        None if matches!(paired, Some(Ok(Ok(_)))) => {
            let told = "TLS takes it, but its names and dates cannot be read here";
            diagnosis.skipped(NAME, told);
        }
        None => {
            let told = "the file holds a certificate that cannot be read";
            diagnosis.bad(NAME, told, PEM_ADVICE);
            return;
        }
    }
    match &paired {
        Some(Ok(paired)) => note_pair(paired.as_ref().err(), diagnosis),
        Some(Err(reason)) => refuse_key(reason, diagnosis),
        None => {}
    }
    examine_chain(&chain, leaf.as_ref(), roots, provider, now, diagnosis);
}

fn refuse(name: &'static str, reason: &Reason, advice: &'static str, diagnosis: &mut Diagnosis) {
    let advice = reason.advice.unwrap_or(advice);
    diagnosis.bad(name, format!("the file {}", reason.told), advice);
}

fn refuse_key(reason: &Reason, diagnosis: &mut Diagnosis) {
    let advice = "give the private key that belongs to the client certificate, in PEM";
    refuse("private key", reason, advice, diagnosis);
}

/// The CAs, where some were given and all can be read.
fn examine_cas(given: &TlsConfigBuilder, diagnosis: &mut Diagnosis) -> Option<RootCertStore> {
    const NAME: &str = "trusted CA";
    if given.cas.is_empty() {
        let told = if given.trusts_the_system() {
            "those of the operating system"
        } else {
            "Mozilla's, because none was given"
        };
        diagnosis.good(NAME, told);
        return None;
    }
    let mut roots = RootCertStore::empty();
    let mut others = Vec::new();
    for ca in &given.cas {
        if let Err(reason) = add_cas(ca, &mut roots) {
            refuse(NAME, &reason, PEM_ADVICE, diagnosis);
            return None;
        }
        let read = ca.read().ok();
        let read = read.and_then(|pem| Certificate::from_pem(&pem).ok());
        others.extend(read.into_iter().flatten().filter(is_no_ca));
    }
    diagnosis.good(NAME, format!("{} given", roots.len()));
    for other in others {
        let told = format!("{} is no CA's certificate", printable(&other.subject()));
        let advice = "give the certificate of the CA that issued the server's certificate, in \
            place of the server's own";
        diagnosis.warning(NAME, told, advice);
    }
    Some(roots)
}

/// Whether it says that it is no CA's and cannot vouch for itself either. Version 1 says nothing.
fn is_no_ca(certificate: &Certificate) -> bool {
    certificate.version() == 3 && !certificate.is_ca() && !certificate.is_self_issued()
}

/// Notes whether the key fits.
fn note_pair(misfit: Option<&Misfit>, diagnosis: &mut Diagnosis) {
    const NAME: &str = "private key";
    match misfit {
        None => diagnosis.good(NAME, "belongs to the certificate"),
        Some(Misfit::KeyMismatch) => {
            let advice = TlsProblem::ClientKeyMismatch.advice();
            diagnosis.bad(NAME, "belongs to another certificate", advice);
        }
        // That is the certificate's fault, which has a line of its own.
        Some(Misfit::Version(_)) => {
            diagnosis.skipped(NAME, "cannot be compared with this certificate");
        }
        Some(Misfit::Certificate) => {
            let told = "cannot be compared, because a certificate of the chain is damaged";
            diagnosis.bad(NAME, told, PEM_ADVICE);
        }
        Some(Misfit::Key) => {
            let advice = "use a key that TLS knows: RSA of 2048 bits or more, P-256 or P-384";
            let told = "is damaged, or of a kind that is not supported";
            diagnosis.bad(NAME, told, advice);
        }
    }
}

fn examine_leaf(leaf: &Certificate, now: SystemTime, diagnosis: &mut Diagnosis) {
    match leaf.version() {
        3 => diagnosis.good("X.509 version", "3"),
        old => {
            let told = format!("{old}, which TLS does not take");
            let advice = "ask the provider to issue the client certificate anew as X.509 version 3";
            diagnosis.bad("X.509 version", told, advice);
        }
    }
    examine_validity(leaf, now, diagnosis);
    if !leaf.allows_client_auth() {
        let advice = "ask the provider for a certificate for client authentication";
        diagnosis.bad("key usage", "it is not for clients", advice);
    } else if leaf.is_ca() {
        let advice = "ask the provider for a certificate of your own, which is not a CA's";
        let told = "it is a CA's own certificate, which many servers refuse from a client";
        diagnosis.warning("key usage", told, advice);
    } else {
        diagnosis.good("key usage", "a client may use it");
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

/// Whether one of the CAs issued it. Whether it is valid now and what it is for have lines of
/// their own.
fn examine_chain(
    chain: &[CertificateDer<'static>],
    leaf: Option<&Certificate>,
    roots: Option<RootCertStore>,
    provider: &Arc<CryptoProvider>,
    now: SystemTime,
    diagnosis: &mut Diagnosis,
) {
    const NAME: &str = "chain to the CA";
    let is_old = leaf.is_some_and(|leaf| leaf.version() < 3);
    let (Some((own, issuers)), Some(roots), false) = (chain.split_first(), roots, is_old) else {
        diagnosis.skipped(NAME, "there is nothing to check it with");
        return;
    };
    if leaf.is_some_and(|leaf| leaf.is_ca() || !leaf.allows_client_auth()) {
        diagnosis.skipped(NAME, "a certificate with this key usage has none");
        return;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let Ok(verifier) = verifier.build() else {
        diagnosis.skipped(NAME, "there is nothing to check it with");
        return;
    };
    let validity = leaf.map(Certificate::validity);
    match verifier.verify_client_cert(own, issuers, within(validity, now)) {
        Ok(_) => diagnosis.good(NAME, "complete"),
        Err(_) if leaf.is_some_and(Certificate::is_self_issued) => diagnosis.warning(
            NAME,
            "no CA issued it: it is self-signed",
            "ask the provider's CA to issue the client certificate",
        ),
        Err(_) => diagnosis.warning(
            NAME,
            "does not lead to the CA that was given",
            "make sure that the provider's CA issued the client certificate, and give its whole chain",
        ),
    }
}

/// The time, or the nearest one at which the certificate is valid.
fn within(validity: Option<CertificateValidity>, now: SystemTime) -> UnixTime {
    let valid = validity.map_or(now, |validity| {
        now.max(validity.not_before).min(validity.not_after)
    });
    let since = valid.duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::since_unix_epoch(since.unwrap_or_default())
}
