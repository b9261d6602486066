//! Notifications and returns of the hosted checkout.

use sanspay_core::checkout::{
    Refusal, Signed, SigningKey, TestMessage, Verifier, php_query, signed_text,
};

use crate::assert_silent;
use sanspay_ffi_free_tests::cuts::{Pairs, REQUIRED, known_cuts};

/// Under this key the corpora are signed.
const SECRET: &str = "fuzz-key";

fn key() -> SigningKey {
    SigningKey::new(SECRET).unwrap()
}

fn verifier() -> Verifier {
    Verifier::for_sandbox([key()]).unwrap()
}

/// What an accepted message must be, and what a refused one must not print.
fn assert_sound(raw: &[u8], outcome: &Result<Signed, Refusal>) {
    let signed = match outcome {
        Ok(signed) => signed,
        Err(refusal) => {
            assert!(!refusal.log_reason().is_empty());
            return;
        }
    };
    assert_silent(&format!("{signed:?}"));
    let texts = [signed.subject(), signed.body().unwrap_or_default()];
    assert!(texts.iter().all(|text| !text.chars().any(char::is_control)));
    // Read leniently it is the same message, and written again as well.
    let mut pairs: Pairs = form_urlencoded::parse(raw).into_owned().collect();
    pairs.retain(|(name, value)| name != "sign" && !matches!(&**value, "" | "0"));
    let again = TestMessage::from_pairs(pairs.clone()).form_body(&key());
    assert_eq!(verifier().notification(&again).as_ref(), Ok(signed));
    // No other cut of it says anything else.
    let sign = key().sign(&pairs);
    for mut cut in known_cuts(&signed_text(&pairs), &REQUIRED, 64) {
        cut.push(("sign".to_owned(), sign.as_str().to_owned()));
        if let Ok(other) = verifier().notification(php_query(&cut).as_bytes()) {
            assert_eq!(&other, signed);
        }
    }
}

/// The parameters in `data`, signed: with the right signature the reading goes on behind it.
fn signed_form(data: &[u8]) -> String {
    let mut pairs: Pairs = form_urlencoded::parse(data).into_owned().collect();
    pairs.retain(|(name, _)| name != "sign");
    let sign = key().sign(&pairs).as_str().to_owned();
    pairs.push(("sign".to_owned(), sign));
    php_query(&pairs)
}

/// The raw body of a notification: as it is, with a signature appended, and written anew.
pub fn notification_body(data: &[u8]) {
    assert_sound(data, &verifier().notification(data));
    let form = signed_form(data);
    assert_sound(form.as_bytes(), &verifier().notification(form.as_bytes()));
    // The writing as it came, with the signature that its parameters deserve.
    let (_, sign) = form.rsplit_once("sign=").unwrap();
    let raw = [data, b"&sign=", sign.as_bytes()].concat();
    assert_sound(&raw, &verifier().notification(&raw));
}

/// The raw query of a browser's return, with and without the `?`.
pub fn return_query(data: &[u8]) {
    let query = String::from_utf8_lossy(data);
    let outcome = verifier().browser_return(&query);
    if !query.starts_with('?') {
        assert_eq!(outcome, verifier().browser_return(&format!("?{query}")));
        let notified = verifier().notification(query.as_bytes());
        assert_eq!(outcome.as_ref().err(), notified.as_ref().err());
        assert_sound(query.as_bytes(), &notified);
    }
    let form = signed_form(query.as_bytes());
    let notified = verifier().notification(form.as_bytes());
    let returned = verifier().browser_return(&form);
    assert_eq!(returned.as_ref().err(), notified.as_ref().err());
    assert_sound(form.as_bytes(), &notified);
}
