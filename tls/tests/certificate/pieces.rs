//! Certificates by rcgen, and piece by piece for what rcgen does not write.

use rcgen::{CertificateParams, KeyPair};
use x509_cert::der::{Encode, oid::ObjectIdentifier};

use crate::reading::{Read, read};

pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let length = match content.len() {
        0..=0x7f => &length[7..],
        0x80..=0xff => &[&[0x81], &length[7..]].concat(),
        _ => &[&[0x82], &length[6..]].concat(),
    };
    [&[tag], length, &content].concat()
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(dotted).to_der().unwrap()
}

pub(crate) fn part(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let attributes = attributes.iter().map(|(kind, tag, value)| {
        let value = element(*tag, &[value]);
        element(0x30, &[&oid(kind), &value])
    });
    element(0x31, &[&attributes.collect::<Vec<_>>().concat()])
}

pub(crate) fn name(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &[&parts.concat()])
}

pub(crate) const UTC: u8 = 0x17;
pub(crate) const GENERALIZED: u8 = 0x18;

/// A certificate piece by piece, for what rcgen does not write. Nobody has signed it.
pub(crate) struct Pieces {
    pub(crate) version: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) not_after: (u8, &'static str),
    /// Everything after the key.
    pub(crate) tail: Vec<u8>,
}

impl Pieces {
    pub(crate) fn new() -> Self {
        Self {
            version: element(0xa0, &[&[2, 1, 2]]),
            serial: vec![2, 1, 5],
            subject: name(&[part(&[("2.5.4.3", 0x0c, b"partner-1")])]),
            not_after: (UTC, "491231235959Z"),
            tail: Vec::new(),
        }
    }

    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut pieces = Self::new();
        change(&mut pieces);
        pieces
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let algorithm = element(0x30, &[&oid("1.2.840.10045.4.3.2")]);
        let signature = [3, 2, 0, 1];
        let issuer = name(&[part(&[("2.5.4.10", 0x13, b"A CA")])]);
        let not_before = element(UTC, &[b"700101000000Z"]);
        let not_after = element(self.not_after.0, &[self.not_after.1.as_bytes()]);
        let tbs = [
            &self.version[..],
            &self.serial,
            &algorithm,
            &issuer,
            &element(0x30, &[&not_before, &not_after]),
            &self.subject,
            &element(0x30, &[&algorithm, &signature]),
            &self.tail,
        ];
        element(0x30, &[&element(0x30, &tbs), &algorithm, &signature])
    }

    pub(crate) fn read(&self) -> Read {
        read(&self.der())
    }
}

pub(crate) fn subject_of(parts: &[Vec<u8>]) -> String {
    let subject = name(parts);
    let pieces = Pieces::with(|pieces| pieces.subject = subject);
    pieces.read().2
}

pub(crate) fn extension(kind: &str, critical: &[u8], value: &[u8]) -> Vec<u8> {
    element(0x30, &[&oid(kind), critical, &element(4, &[value])])
}

pub(crate) fn with_extensions(extensions: &[Vec<u8>]) -> Read {
    let tail = element(0xa3, &[&element(0x30, &[&extensions.concat()])]);
    let pieces = Pieces::with(|pieces| pieces.tail = tail);
    pieces.read()
}

pub(crate) fn issued(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["partner-1".to_owned()]).unwrap();
    change(&mut params);
    let issued = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    issued.der().to_vec()
}
