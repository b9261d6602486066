//! Reads of an X.509 certificate (RFC 5280) what a diagnosis shows, and not by a library, because
//! rustls verifies it anyway, x509-cert was a sixth of the CPU time of a clean build of this crate
//! (13 s of 87 s; in release 26 s of 126 s), and yasna 0.6, which is light, overflows at a length
//! near 2^64.

mod der;
mod name;

use std::time::{Duration, SystemTime};

use der::{
    BIT_STRING, BOOLEAN, Der, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE,
    UTC_TIME, dotted,
};
use sanspay_core::{CertificateValidity, Timestamp};

/// The tags of the optional fields (RFC 5280, 4.1).
const VERSION: u8 = 0xa0;
const ISSUER_UNIQUE_ID: u8 = 0x81;
const SUBJECT_UNIQUE_ID: u8 = 0x82;
const EXTENSIONS: u8 = 0xa3;

/// 2.5.29.15 and 2.5.29.37.
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
/// `id-kp-clientAuth`, 1.3.6.1.5.5.7.3.2, and `anyExtendedKeyUsage`, 2.5.29.37.0 (RFC 5280,
/// 4.2.1.12).
const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 37, 0];

/// What is read of a certificate.
#[derive(Clone)]
pub(crate) struct Fields {
    /// 1 to 3.
    pub(crate) version: u8,
    pub(crate) issuer: String,
    pub(crate) validity: CertificateValidity,
    pub(crate) subject: String,
    pub(crate) allows_client_auth: bool,
}

/// An extension, critical or not.
struct Extension<'a> {
    oid: &'a [u8],
    value: &'a [u8],
}

impl Fields {
    /// `None` if it is no certificate. Of the serial number, the algorithms, the key and the
    /// signature only the frame is read.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let mut all = Der(der);
        let mut outer = all.inner(SEQUENCE)?;
        all.end()?;
        let mut tbs = outer.inner(SEQUENCE)?;
        outer.read(SEQUENCE)?;
        outer.read(BIT_STRING)?;
        outer.end()?;

        let version = version(&mut tbs)?;
        tbs.read(INTEGER)?;
        tbs.read(SEQUENCE)?;
        let issuer = name::name(&mut tbs)?;
        let validity = validity(&mut tbs)?;
        let subject = name::name(&mut tbs)?;
        tbs.read(SEQUENCE)?;
        for unique_id in [ISSUER_UNIQUE_ID, SUBJECT_UNIQUE_ID] {
            if tbs.is_next(unique_id) {
                tbs.read(unique_id)?;
            }
        }
        let extensions = extensions(&mut tbs)?;
        tbs.end()?;
        Some(Self {
            version,
            issuer,
            validity,
            subject,
            allows_client_auth: allows_client_auth(&extensions),
        })
    }
}

fn version(tbs: &mut Der<'_>) -> Option<u8> {
    if !tbs.is_next(VERSION) {
        return Some(1);
    }
    let mut explicit = tbs.inner(VERSION)?;
    let version = explicit.read(INTEGER)?;
    explicit.end()?;
    match version {
        [version @ 0..=2] => Some(version + 1),
        _ => None,
    }
}

fn validity(tbs: &mut Der<'_>) -> Option<CertificateValidity> {
    let mut validity = tbs.inner(SEQUENCE)?;
    let not_before = time(&mut validity)?;
    // The last second belongs to it.
    let not_after = time(&mut validity)? + Duration::from_millis(999);
    validity.end()?;
    Some(CertificateValidity {
        not_before,
        not_after,
    })
}

/// A time to the second and in UTC, as certificates must have them (RFC 5280, 4.1.2.5).
fn time(der: &mut Der<'_>) -> Option<SystemTime> {
    let element = der.any()?;
    let digits = str::from_utf8(element.content).ok()?.strip_suffix('Z')?;
    if digits.ends_with("60") {
        return None; // no leap second
    }
    let century = match (element.tag, digits.len()) {
        (UTC_TIME, 12) if digits < "50" => "20",
        (UTC_TIME, 12) => "19",
        (GENERALIZED_TIME, 14) => "",
        _ => return None,
    };
    let mut text = String::new();
    for (place, digit) in century.chars().chain(digits.chars()).enumerate() {
        match place {
            4 | 6 => text.push('-'),
            8 => text.push('T'),
            10 | 12 => text.push(':'),
            _ => {}
        }
        text.push(digit);
    }
    text.push('Z');
    Some(text.parse::<Timestamp>().ok()?.into())
}

fn extensions<'a>(tbs: &mut Der<'a>) -> Option<Vec<Extension<'a>>> {
    if !tbs.is_next(EXTENSIONS) {
        return Some(Vec::new());
    }
    let mut explicit = tbs.inner(EXTENSIONS)?;
    let extensions = explicit.inner(SEQUENCE)?;
    explicit.end()?;
    extensions.each(|der| {
        let mut extension = der.inner(SEQUENCE)?;
        let oid = identifier(&mut extension)?;
        if extension.is_next(BOOLEAN) {
            let critical = extension.read(BOOLEAN)?;
            matches!(critical, [0x00 | 0xff]).then_some(())?;
        }
        let value = extension.read(OCTET_STRING)?;
        extension.end()?;
        Some(Extension { oid, value })
    })
}

/// The content of an object identifier that is whole.
fn identifier<'a>(der: &mut Der<'a>) -> Option<&'a [u8]> {
    let oid = der.read(OBJECT_IDENTIFIER)?;
    dotted(oid).map(|_| oid)
}

fn allows_client_auth(extensions: &[Extension<'_>]) -> bool {
    allows(extensions, EXTENDED_KEY_USAGE, |value| {
        let purposes = value.inner(SEQUENCE)?.each(identifier)?;
        Some(purposes.contains(&CLIENT_AUTH) || purposes.contains(&ANY_USAGE))
    }) && allows(extensions, KEY_USAGE, |value| {
        // The count of unused bits, then nine bits or fewer; the first is for signatures.
        Some(match value.read(BIT_STRING)? {
            [0..=7, first] | [0..=7, first, _] => first & 0x80 != 0,
            _ => false,
        })
    })
}

/// Whether an extension allows it: so if it is absent, and not if it is damaged or there twice.
fn allows(
    extensions: &[Extension<'_>],
    oid: &[u8],
    read: impl Fn(&mut Der<'_>) -> Option<bool>,
) -> bool {
    let mut found = extensions.iter().filter(|extension| extension.oid == oid);
    match (found.next(), found.next()) {
        (None, _) => true,
        (Some(extension), None) => {
            let mut value = Der(extension.value);
            read(&mut value) == Some(true) && value.end().is_some()
        }
        (Some(_), Some(_)) => false,
    }
}
