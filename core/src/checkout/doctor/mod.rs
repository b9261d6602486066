//! The doctor for a checkout installation: whether its messages prove anything, and what to block.
//!
//! It sends five harmless requests, which ask for the signature of a text that no message can have.
//! The decisions are here; `examine_checkout` of either adapter sends the requests.
//!
//! # What to block
//!
//! The provider's server signs any parameters for anybody (grade V; the third hole in SECURITY.md). These
//! lines close that route, however it is spelled, and leave the log-in open. NGINX:
//!
//! ```nginx
#![doc = include_str!("nginx.conf")]
//! ```
//!
//! Apache:
//!
//! ```apache
#![doc = include_str!("apache.conf")]
//! ```

mod probe;
mod report;
mod setup;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

pub use probe::{ProbeSigning, Probed};
pub use report::{CheckoutDiagnosis, Proof};
pub use setup::CheckoutDoctor;

use crate::diagnosis::Diagnosis;
use crate::error::Error;

/// The lines for NGINX that close the signing route.
pub const NGINX_SNIPPET: &str = include_str!("nginx.conf");

/// The lines for Apache that close the signing route.
pub const APACHE_SNIPPET: &str = include_str!("apache.conf");

/// By how much the clocks may differ without a word.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// One examination of an installation, without IO: [`next`](Examination::next) is the probe to send,
/// [`accept`](Examination::accept) takes what came of it, [`finish`](Examination::finish) is the
/// diagnosis.
///
/// ```
/// use std::time::SystemTime;
/// use sanspay_core::checkout::doctor::{Examination, Proof};
/// use sanspay_core::{Api, BaseUrl, Endpoint};
/// let api = Api::new(BaseUrl::new("https://pay.shop.example")?);
/// let mut examination = Examination::new("https://pay.shop.example");
/// while let Some(probe) = examination.next() {
///     let _request = probe.request(&api)?; // send it
///     let answer = br#"{"sign":null,"trueSign":"44b125501d3833a7c293a03fe0f5ce3c","isMatch":false}"#;
///     let probed = probe.read(&api, &http::Response::new(&answer[..]));
///     examination.accept(SystemTime::UNIX_EPOCH, probed);
/// }
/// let diagnosis = examination.finish();
/// assert_eq!(diagnosis.proof(), Proof::Nothing);
/// assert!(diagnosis.to_string().contains("return 403"));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Examination {
    tls: bool,
    probes: Vec<ProbeSigning>,
    probed: Vec<Probed>,
    /// By how much the server's clock differs.
    clock: Option<Duration>,
    failed: Option<Error>,
}

impl Examination {
    /// Of the installation at this base URL.
    pub fn new(base_url: &str) -> Self {
        let scheme = base_url.get(.."https://".len());
        let mut probes: Vec<_> = ProbeSigning::all().collect();
        probes.reverse();
        Self {
            tls: scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")),
            probes,
            probed: Vec::new(),
            clock: None,
            failed: None,
        }
    }

    /// The probe to send next; `None` when enough is known.
    pub fn next(&self) -> Option<ProbeSigning> {
        let going_on = self.failed.is_none();
        self.probes.last().filter(|_| going_on).copied()
    }

    /// Takes what came of the probe. After an error nothing more is asked.
    pub fn accept(&mut self, now: SystemTime, result: Result<Probed, Error>) {
        self.probes.pop();
        match result {
            Ok(probed) => {
                self.clock = self.clock.or(probed.date.map(|date: SystemTime| {
                    match date.duration_since(now) {
                        Ok(ahead) => ahead,
                        Err(behind) => behind.duration(),
                    }
                }));
                self.probed.push(probed);
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// The diagnosis from what came so far.
    pub fn finish(self) -> CheckoutDiagnosis {
        let mut checks = Diagnosis::new();
        self.examine_tls(&mut checks);
        let proof = self.examine_route(&mut checks);
        let is_sample = self.examine_key(&mut checks);
        self.examine_clock(&mut checks);
        let failure = self.failed.as_ref().map(Error::advice);
        CheckoutDiagnosis::new(checks, proof, is_sample, self.tls, failure)
    }

    fn examine_tls(&self, checks: &mut Diagnosis) {
        const NAME: &str = "TLS";
        if !self.tls {
            let told = "not used: who stands on the way reads signed returns and log-ins";
            checks.bad(NAME, told, "give the installation a certificate");
        } else if self.probed.is_empty() {
            checks.skipped(NAME, "no answer came");
        } else {
            checks.good(NAME, "used, and the certificate is trusted");
        }
    }

    fn open(&self) -> impl Iterator<Item = &Probed> {
        self.probed
            .iter()
            .filter(|probed| probed.signature.is_some())
    }

    fn examine_route(&self, checks: &mut Diagnosis) -> Proof {
        const NAME: &str = "public signing route";
        let open: Vec<_> = self.open().map(|probed| probed.path.as_str()).collect();
        if !open.is_empty() {
            let told = format!("open: {} signs whatever it is given", open.join(", "));
            checks.bad(NAME, told, "block it at the web server");
            return Proof::Nothing;
        }
        if let Some(error) = &self.failed {
            checks.skipped(NAME, error.to_string());
            return Proof::Unknown;
        }
        // A server that fails or sends us elsewhere has not said no.
        let unclear = |probed: &&Probed| {
            let status = probed.status;
            status.is_server_error() || status.is_redirection() || status.as_u16() == 429
        };
        if let Some(unclear) = self.probed.iter().find(unclear) {
            let status = unclear.status.as_u16();
            let told = format!("not seen: {} answered with status {status}", unclear.path);
            checks.warning(NAME, told, "examine it again, at the URL that payers open");
            return Proof::Unknown;
        }
        let told = format!(
            "closed, as seen from here, under {} paths",
            self.probed.len()
        );
        checks.good(NAME, told);
        Proof::Signature
    }

    fn examine_key(&self, checks: &mut Diagnosis) -> bool {
        const NAME: &str = "published sample key";
        let mut signatures = self.open().filter_map(|probed| probed.signature.as_ref());
        let is_sample = signatures.any(ProbeSigning::is_by_sample);
        if is_sample {
            let told = "signs the messages: everybody can make them, with or without the route";
            checks.bad(NAME, told, "give the installation a key of its own");
        } else if self.open().next().is_some() {
            checks.good(NAME, "does not sign");
        } else {
            checks.skipped(
                NAME,
                "not seen without the signing route: look into its set-up",
            );
        }
        is_sample
    }

    fn examine_clock(&self, checks: &mut Diagnosis) {
        const NAME: &str = "clock";
        match self.clock {
            None => checks.skipped(NAME, "the server does not say its time"),
            Some(apart) if apart <= CLOCK_TOLERANCE => {
                checks.good(NAME, format!("agrees within {} s", apart.as_secs() + 1));
            }
            Some(apart) => {
                let told = format!("differs by {} s from this machine's", apart.as_secs());
                let advice = "set the clock of whichever machine is wrong: trade numbers and logs \
                              are read by it";
                checks.warning(NAME, told, advice);
            }
        }
    }
}
