//! Names as text.

use rcgen::{DnType, DnValue};
use x509_cert::der::{Decode, Encode};
use x509_cert::name::Name;

use crate::pieces::{Pieces, issued, name, part, subject_of};
use crate::reading::{ours, read, theirs};

/// The keywords that are known here; x509-cert has one for many more that names never hold.
const KEYWORDS: [&str; 27] = [
    "BUSINESSCATEGORY",
    "C",
    "CN",
    "DC",
    "DESCRIPTION",
    "DNQUALIFIER",
    "EMAIL",
    "GENERATIONQUALIFIER",
    "GN",
    "HOUSEIDENTIFIER",
    "INITIALS",
    "L",
    "MAIL",
    "NAME",
    "O",
    "OU",
    "POSTALADDRESS",
    "POSTALCODE",
    "POSTOFFICEBOX",
    "PSEUDONYM",
    "SERIALNUMBER",
    "SN",
    "ST",
    "STREET",
    "TELEPHONENUMBER",
    "TITLE",
    "UID",
];

/// Whether both show every attribute in the names of a certificate by the same keyword or number:
/// x509-cert knows more keywords, and cuts off what a number has beyond 32 bits.
pub(crate) fn are_known(der: &[u8]) -> bool {
    let read = x509_cert::Certificate::from_der(der).unwrap();
    let tbs = read.tbs_certificate();
    let mut attributes = tbs.issuer().iter().chain(tbs.subject().iter());
    attributes.all(|attribute| {
        let text = attribute.to_string();
        let keyword = text.split('=').next().unwrap();
        let is_number = keyword.starts_with(|char: char| char.is_ascii_digit());
        let mut windows = attribute.oid.as_bytes().windows(4);
        let is_short = windows.all(|bytes| bytes.iter().any(|byte| *byte < 0x80));
        is_number && is_short || KEYWORDS.contains(&keyword)
    })
}

#[test]
fn a_name_reads_backwards_with_what_is_special_escaped() {
    let der = issued(|params| {
        let name = &mut params.distinguished_name;
        name.push(
            DnType::CountryName,
            DnValue::PrintableString("DE".try_into().unwrap()),
        );
        name.push(DnType::StateOrProvinceName, "Nordrhein-Westfalen");
        name.push(DnType::LocalityName, "Köln");
        name.push(
            DnType::OrganizationName,
            "Möbel, Söhne + Co; \"<支付>\" \\ #1",
        );
        name.push(DnType::OrganizationalUnitName, " # ");
        name.push(DnType::CommonName, "#partner\n\u{7f}\u{85}");
        let mail = DnValue::Ia5String("a@example.com".try_into().unwrap());
        name.push(
            DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]),
            mail,
        );
        let old = DnValue::BmpString("Köln".try_into().unwrap());
        name.push(DnType::CustomDnType(vec![2, 5, 4, 12]), old);
        let old = DnValue::TeletexString("T.61".try_into().unwrap());
        name.push(DnType::CustomDnType(vec![2, 5, 4, 17]), old);
        name.push(
            DnType::CustomDnType(vec![1, 3, 6, 1, 4, 1, 32473, 1]),
            "unknown",
        );
    });
    let (_, _, subject, issuer, _) = read(&der);
    // The common name was there already, and is first.
    let expected = "1.3.6.1.4.1.32473.1=#0c07756e6b6e6f776e,POSTALCODE=T.61,\
        2.5.4.12=#1e08004b00f6006c006e,EMAIL=a@example.com,OU=\\ #\\ ,\
        O=Möbel\\, Söhne \\+ Co\\; \\\"\\<支付\\>\\\" \\\\ #1,L=Köln,ST=Nordrhein-Westfalen,C=DE,\
        CN=\\#partner\\0a\\7f\u{85}";
    assert_eq!(subject, expected);
    assert_eq!(issuer, subject);
}

#[test]
fn a_name_of_any_shape_is_read() {
    assert_eq!(subject_of(&[]), "");
    assert_eq!(subject_of(&[part(&[])]), "");
    assert_eq!(subject_of(&[part(&[("2.5.4.3", 0x0c, b"")])]), "CN=");
    assert_eq!(subject_of(&[part(&[("2.5.4.3", 0x0c, b" ")])]), "CN=\\ ");
    // A SEQUENCE is no text, and neither is what the tag does not allow.
    assert_eq!(
        subject_of(&[part(&[("2.5.4.3", 0x30, b"\x05\0")])]),
        "2.5.4.3=#30020500"
    );
    for (tag, value) in [(0x13, "a@b"), (0x13, "ö"), (0x16, "ö"), (0x14, "ö")] {
        let subject = subject_of(&[part(&[("2.5.4.3", tag, value.as_bytes())])]);
        assert!(subject.starts_with("2.5.4.3=#"), "{subject}");
    }
    assert!(subject_of(&[part(&[("2.5.4.3", 0x0c, b"\xff")])]).starts_with("2.5.4.3=#"));
    // Long enough for lengths of two and of three bytes.
    for length in [200, 300] {
        let long = "a".repeat(length);
        let subject = subject_of(&[part(&[("2.5.4.3", 0x0c, long.as_bytes())])]);
        assert_eq!(subject, format!("CN={long}"));
    }
}

#[test]
fn an_attribute_whose_number_begins_with_a_zero_is_another_one() {
    let mut der = Pieces::new().der();
    let name = [6, 3, 0x55, 4, 3, 0x0c, 9, b'p'];
    let place = der.windows(8).position(|window| window == name).unwrap();
    // The zero takes the place of the first letter, so that no other length changes.
    der[place..place + 8].copy_from_slice(&[6, 4, 0x55, 4, 0x80, 3, 0x0c, 8]);
    let subject = ours(&der).unwrap().2;
    assert_eq!(subject, "2.5.4.3=#0c086172746e65722d31");
    assert_eq!(Some(subject), theirs(&der).map(|theirs| theirs.2));
}

#[test]
fn a_part_of_several_attributes_is_in_the_order_of_its_der() {
    let texts = [
        "O=b+CN=a",
        "CN=a+O=b",
        "OU=Sales+CN=J. Smith+UID=x,DC=example,DC=net",
    ];
    for text in texts {
        let subject = text.parse::<Name>().unwrap().to_der().unwrap();
        Pieces::with(|pieces| pieces.subject = subject).read();
    }
    let (short, long) = (
        ("2.5.4.10", 0x0c, &b"b"[..]),
        ("2.5.4.3", 0x0c, &b"long"[..]),
    );
    let sorted = subject_of(&[part(&[short, long])]);
    assert_eq!(sorted, "O=b+CN=long");
    assert_eq!(subject_of(&[part(&[long, short])]), sorted);
}

#[test]
fn every_attribute_that_x509_cert_calls_by_a_name_we_know_has_that_name() {
    let attributes = (0..=100).flat_map(|last| {
        ["2.5.4", "0.9.2342.19200300.100.1", "1.2.840.113549.1.9"]
            .map(|arc| format!("{arc}.{last}"))
    });
    let mut known = Vec::new();
    for attribute in attributes {
        let subject = name(&[part(&[(&attribute, 0x0c, b"x")])]);
        let der = Pieces::with(|pieces| pieces.subject = subject).der();
        let subject = ours(&der).unwrap().2;
        if let Some(keyword) = subject.strip_suffix("=x") {
            assert_eq!(subject, theirs(&der).unwrap().2);
            known.push(keyword.to_owned());
        } else {
            assert_eq!(subject, format!("{attribute}=#0c0178"));
        }
    }
    for keyword in KEYWORDS {
        assert!(known.iter().any(|known| known == keyword), "{keyword}");
    }
}
