//! Certificates of every kind, made at run time.
//!
//! It is test code: whatever is not as it should be ends the test with a panic.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};
use sanspay_tls::{Certificate, TlsConfig, TlsConfigBuilder};
use time::{Duration, OffsetDateTime};

/// A certificate chain with its private key, as PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate.
    pub chain: String,
    /// Its private key, in PKCS#8.
    pub key: String,
}

impl Identity {
    /// As NGINX forwards it.
    pub fn fingerprint(&self) -> String {
        let certificates = Certificate::from_pem(self.chain.as_bytes()).unwrap();
        certificates.first().unwrap().fingerprint()
    }
}

/// Somebody who issues certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A CA that nobody knows yet.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// The CA's own certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// The CA's own certificate with its key, for a server that shows it as its own.
    pub fn identity(&self) -> Identity {
        Identity {
            chain: self.0.pem(),
            key: self.0.key().serialize_pem(),
        }
    }

    /// A certificate for a client, valid from so many to so many days from now.
    pub fn client(&self, name: &str, days: (i64, i64)) -> Identity {
        self.issue(name, SanType::DnsName(name.try_into().unwrap()), days, true)
    }

    /// A certificate for the server at this IP address, valid from so many to so many days from
    /// now.
    pub fn server(&self, address: &str, days: (i64, i64)) -> Identity {
        let name = SanType::IpAddress(address.parse().unwrap());
        self.issue(address, name, days, false)
    }

    fn issue(&self, name: &str, san: SanType, days: (i64, i64), client: bool) -> Identity {
        let now = OffsetDateTime::from(SystemTime::now());
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.subject_alt_names = vec![san];
        params.not_before = now + Duration::days(days.0);
        params.not_after = now + Duration::days(days.1) + Duration::HOUR;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![if client {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        }];
        let key = KeyPair::generate().unwrap();
        Identity {
            chain: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

/// The platform's CA, a stranger's, and a good certificate for each side.
pub struct Pki {
    /// The CA that the platform and its partners trust.
    pub platform: Authority,
    /// A CA that nobody trusts.
    pub stranger: Authority,
    /// The server's certificate.
    pub server: Identity,
    /// The partner's certificate.
    pub client: Identity,
}

/// Valid since yesterday, for a month.
pub const VALID: (i64, i64) = (-1, 30);
/// No longer valid since yesterday.
pub const EXPIRED: (i64, i64) = (-30, -1);
/// Not valid before tomorrow.
pub const FUTURE: (i64, i64) = (1, 30);

impl Pki {
    /// Everything as it should be.
    pub fn new() -> Self {
        let platform = Authority::new("platform CA");
        Self {
            server: platform.server("127.0.0.1", VALID),
            client: platform.client("partner-1", VALID),
            stranger: Authority::new("stranger CA"),
            platform,
        }
    }

    /// Trusts the platform, and sends no certificate.
    pub fn trusting(&self) -> TlsConfigBuilder {
        TlsConfig::builder().ca(self.platform.pem())
    }

    /// Trusts the platform, and sends this certificate.
    pub fn tls(&self, identity: &Identity) -> TlsConfig {
        let builder = self.trusting();
        let builder = builder.client_certificate(identity.chain.clone(), identity.key.clone());
        builder.build().unwrap()
    }
}

impl Default for Pki {
    fn default() -> Self {
        Self::new()
    }
}
