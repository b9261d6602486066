//! Names as text.

use rcgen::{DnType, DnValue};

use crate::pieces::{Pieces, issued, part, subject_of};
use crate::reading::read;

/// The keywords that names of certificates hold.
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
    assert_eq!(read(&der).2, "2.5.4.3=#0c086172746e65722d31");
}

#[test]
fn a_part_of_several_attributes_is_in_the_order_of_its_der() {
    let (short, long) = (
        ("2.5.4.10", 0x0c, &b"b"[..]),
        ("2.5.4.3", 0x0c, &b"long"[..]),
    );
    let sorted = subject_of(&[part(&[short, long])]);
    assert_eq!(sorted, "O=b+CN=long");
    assert_eq!(subject_of(&[part(&[long, short])]), sorted);
}

#[test]
fn every_usual_attribute_has_its_keyword() {
    let attributes = (0..=100).flat_map(|last| {
        ["2.5.4", "0.9.2342.19200300.100.1", "1.2.840.113549.1.9"]
            .map(|arc| format!("{arc}.{last}"))
    });
    let known: Vec<_> = attributes
        .filter_map(|attribute| {
            let subject = subject_of(&[part(&[(&attribute, 0x0c, b"x")])]);
            if subject == format!("{attribute}=#0c0178") {
                return None;
            }
            Some(subject.strip_suffix("=x").unwrap().to_owned())
        })
        .collect();
    for keyword in KEYWORDS {
        assert!(known.iter().any(|known| known == keyword), "{keyword}");
    }
}
