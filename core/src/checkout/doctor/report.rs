//! What the doctor for the checkout found, and the sentence that says what its messages prove.

use std::fmt;

use super::{APACHE_SNIPPET, NGINX_SNIPPET};
use crate::diagnosis::{Check, Diagnosis, Verdict};

/// What a message of an installation proves by its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Nothing: anybody can have or make the signature of anything.
    Nothing,
    /// That the installation signed it, as far as could be seen from here.
    Signature,
    /// That could not be seen.
    Unknown,
}

/// What was found out about a checkout installation. It holds no secret; `Display` is made for a
/// terminal, and gives the lines for the web server where some are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutDiagnosis {
    checks: Diagnosis,
    proof: Proof,
    sentence: String,
}

impl CheckoutDiagnosis {
    pub(super) fn new(
        checks: Diagnosis,
        proof: Proof,
        is_sample: bool,
        tls: bool,
        failure: Option<&str>,
    ) -> Self {
        let mut sentence = match proof {
            Proof::Nothing if is_sample => {
                "its messages prove nothing, because everybody knows the key that signs them: give \
                 it a key of its own (in the provider's source it is the default of `AuthService::Sign`) \
                 and block /api/auth/ but for the log-in at its web server; until then count only what \
                 is confirmed by query"
            }
            Proof::Nothing => {
                "its messages prove nothing, because it signs whatever anybody asks for: block \
                 /api/auth/ but for the log-in at its web server, change its key if a stranger could \
                 have collected signatures, and until then count only what is confirmed by query"
            }
            Proof::Signature => {
                "its messages prove that it signed them, as far as can be seen from here, so compare \
                 them with your orders as `Verifier` does; there is nothing to block"
            }
            Proof::Unknown => "whether its messages prove anything could not be seen",
        }
        .to_owned();
        if let Some(advice) = failure {
            sentence += ": ";
            sentence += advice;
        }
        if !tls {
            sentence += "; and use TLS, without which signed returns and log-ins can be read";
        }
        Self {
            checks,
            proof,
            sentence,
        }
    }

    /// Everything that was looked at, in order.
    pub fn checks(&self) -> &[Check] {
        self.checks.checks()
    }

    /// Whether nothing is bad, and it could be seen what messages prove.
    pub fn is_healthy(&self) -> bool {
        self.checks.is_healthy() && self.proof == Proof::Signature
    }

    /// What a message of the installation proves.
    pub fn proof(&self) -> Proof {
        self.proof
    }

    /// Whether its messages prove anything, and what to do, in one sentence.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

impl fmt::Display for CheckoutDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in self.checks() {
            writeln!(f, "  {check}")?;
            let advice = check
                .advice()
                .filter(|_| check.verdict() == Verdict::Warning);
            if let Some(advice) = advice {
                writeln!(f, "       {advice}")?;
            }
        }
        write!(f, "\n  In short: {}", self.sentence)?;
        if self.proof == Proof::Nothing {
            write!(f, "\n\n{NGINX_SNIPPET}\n{APACHE_SNIPPET}")?;
        }
        Ok(())
    }
}
