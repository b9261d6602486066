//! Who sent a webhook, as far as the merchant's own NGINX can tell by the client certificate.

use std::fmt;

use http::HeaderMap;
use subtle::{Choice, ConstantTimeEq};

use crate::error::{Error, Problems};

const VERIFY: &str = "x-ssl-client-verify";
const FINGERPRINT: &str = "x-ssl-client-fingerprint";

/// SHA-1 of a certificate, as NGINX's `$ssl_client_fingerprint`.
type Fingerprint = [u8; 20];

/// The client certificates from which webhooks are accepted, for a receiver behind an NGINX of
/// your own that verifies client certificates and forwards what it found, as the platform's does
/// for the platform (grade D for the two headers).
///
/// # When the headers may be trusted
/// They are plain text that anyone can send. They mean something only if all of this holds:
/// - your receiver can be reached through that NGINX and in no other way: it listens on loopback
///   or a Unix socket, or a firewall sees to it;
/// - NGINX verifies (`ssl_verify_client on;` with `ssl_client_certificate` naming the CA) and sets
///   **both** headers itself in every location that leads to the receiver, which replaces what the
///   client sent:
///   `proxy_set_header X-SSL-Client-Verify $ssl_client_verify;`
///   `proxy_set_header X-SSL-Client-Fingerprint $ssl_client_fingerprint;`
/// - nothing between NGINX and the receiver adds or rewrites them.
///
/// Otherwise do not look at them at all. And where they may be trusted, a webhook is still only a
/// hint: it says who spoke, and [`confirm`](super::UnconfirmedEvent::confirm) says what is true.
///
/// ```
/// use http::HeaderMap;
/// use sanspay_core::partner::{TrustedSenders, UntrustedSender};
///
/// // As `openssl x509 -fingerprint -sha1` prints it, or as NGINX writes it.
/// let senders = TrustedSenders::new(["DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09"])?;
/// let mut headers = HeaderMap::new();
/// headers.insert("x-ssl-client-verify", "SUCCESS".parse()?);
/// headers.insert("x-ssl-client-fingerprint", "da39a3ee5e6b4b0d3255bfef95601890afd80709".parse()?);
/// assert_eq!(senders.check(&headers), Ok(()));
///
/// headers.insert("x-ssl-client-verify", "FAILED:certificate has expired".parse()?);
/// assert_eq!(senders.check(&headers), Err(UntrustedSender::NotVerified));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TrustedSenders(Vec<Fingerprint>);

/// Why the sender of a webhook is not accepted. For the merchant's log; the network is told 403
/// and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UntrustedSender {
    /// A header is missing: the request did not come through the NGINX, or that does not set it.
    NotForwarded,
    /// A header came twice, so that nobody knows which one NGINX wrote.
    Ambiguous,
    /// NGINX did not verify the certificate, or there was none.
    NotVerified,
    /// The fingerprint is not 40 hex digits.
    Malformed,
    /// The certificate is good and not one of those that are accepted.
    Unknown,
}

impl TrustedSenders {
    /// Accepts the certificates with these SHA-1 fingerprints: 40 hex digits in either case, with
    /// colons between the pairs or without. During a rotation list both certificates.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with each that is none, by its position,
    /// and when there is not one.
    pub fn new<'a>(fingerprints: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut problems = Problems::new();
        let mut known = Vec::new();
        for (index, text) in fingerprints.into_iter().enumerate() {
            match read(&text.replace(':', "")) {
                Some(fingerprint) => known.push(fingerprint),
                None => problems.add(
                    format!("fingerprints[{index}]"),
                    "must be a SHA-1 fingerprint of 40 hex digits",
                ),
            }
        }
        let any = !known.is_empty() || !problems.is_empty();
        problems.require(any, "fingerprints", "must not be empty");
        problems.into_result("trust senders")?;
        Ok(Self(known))
    }

    /// Whether a request came with an accepted certificate. It takes the same time whichever
    /// certificate of the list it is, and however much of a fingerprint is right.
    ///
    /// # Errors
    /// The reason, for the log.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), UntrustedSender> {
        let verify = only(headers, VERIFY)?;
        let fingerprint = only(headers, FINGERPRINT);
        if verify != b"SUCCESS" {
            return Err(UntrustedSender::NotVerified);
        }
        let sent = std::str::from_utf8(fingerprint?).ok().and_then(read);
        let sent = sent.ok_or(UntrustedSender::Malformed)?;
        let mut found = Choice::from(0);
        for known in &self.0 {
            found |= known.ct_eq(&sent);
        }
        if found.into() {
            Ok(())
        } else {
            Err(UntrustedSender::Unknown)
        }
    }
}

/// The header's value, if there is exactly one.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], UntrustedSender> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) => Err(UntrustedSender::NotForwarded),
        (Some(_), Some(_)) => Err(UntrustedSender::Ambiguous),
    }
}

fn read(hex_digits: &str) -> Option<Fingerprint> {
    let mut fingerprint = [0; 20];
    hex::decode_to_slice(hex_digits.as_bytes(), &mut fingerprint).ok()?;
    Some(fingerprint)
}

impl fmt::Debug for TrustedSenders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedSenders({} certificates)", self.0.len())
    }
}

impl fmt::Display for UntrustedSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotForwarded => "the front forwarded nothing about a client certificate",
            Self::Ambiguous => "a header about the client certificate came twice",
            Self::NotVerified => "the front did not verify a client certificate",
            Self::Malformed => "the forwarded fingerprint is not 40 hex digits",
            Self::Unknown => "the client certificate is not one that is accepted",
        })
    }
}

impl std::error::Error for UntrustedSender {}

#[cfg(test)]
mod tests {
    use super::*;
    use UntrustedSender as U;
    use proptest::prelude::*;

    const KNOWN: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    const NEXT: &str = "A9993E364706816ABA3E25717850C26C9CD0D89D";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn check(pairs: &[(&'static str, &str)]) -> Result<(), UntrustedSender> {
        TrustedSenders::new([KNOWN, NEXT])
            .unwrap()
            .check(&headers(pairs))
    }

    #[test]
    fn only_a_verified_certificate_of_the_list_is_accepted() {
        let good = (VERIFY, "SUCCESS");
        assert_eq!(check(&[good, (FINGERPRINT, KNOWN)]), Ok(()));
        assert_eq!(check(&[good, (FINGERPRINT, NEXT)]), Ok(()));
        let other = "0000000000000000000000000000000000000000";
        assert_eq!(check(&[good, (FINGERPRINT, other)]), Err(U::Unknown));
        assert_eq!(check(&[good]), Err(U::NotForwarded));
        assert_eq!(check(&[(FINGERPRINT, KNOWN)]), Err(U::NotForwarded));
        assert_eq!(check(&[good, (FINGERPRINT, "")]), Err(U::Malformed));
        assert_eq!(
            check(&[good, (FINGERPRINT, &KNOWN[1..])]),
            Err(U::Malformed)
        );
        for verify in [
            "",
            "NONE",
            "success",
            "SUCCESS ok",
            "FAILED:certificate has expired",
        ] {
            assert_eq!(
                check(&[(VERIFY, verify), (FINGERPRINT, KNOWN)]),
                Err(U::NotVerified)
            );
        }
    }

    #[test]
    fn a_header_that_comes_twice_is_believed_neither_time() {
        let (good, known) = ((VERIFY, "SUCCESS"), (FINGERPRINT, KNOWN));
        assert_eq!(check(&[good, good, known]), Err(U::Ambiguous));
        assert_eq!(
            check(&[good, known, (FINGERPRINT, NEXT)]),
            Err(U::Ambiguous)
        );
        assert_eq!(check(&[(VERIFY, "NONE"), good, known]), Err(U::Ambiguous));
    }

    #[test]
    fn what_is_no_fingerprint_is_refused_by_its_position() {
        let error = TrustedSenders::new([KNOWN, "sha256", ""]).unwrap_err();
        let fields: Vec<_> = error.problems().iter().map(crate::Problem::field).collect();
        assert_eq!(fields, ["fingerprints[1]", "fingerprints[2]"]);
        assert_eq!(TrustedSenders::new([]).unwrap_err().problems().len(), 1);
    }

    proptest! {
        #[test]
        fn no_header_bytes_are_accepted_but_those_of_the_list(value in "[\\x20-\\x7e]{0,60}") {
            let listed = value.eq_ignore_ascii_case(KNOWN) || value.eq_ignore_ascii_case(NEXT);
            let result = check(&[(VERIFY, "SUCCESS"), (FINGERPRINT, &value)]);
            prop_assert_eq!(result.is_ok(), listed);
        }
    }
}
