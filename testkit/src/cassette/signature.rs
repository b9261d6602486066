//! Signatures of the hosted checkout, which a cassette makes anew with its own key.

use super::message::Pair;
use super::redact::Redaction;
use sanspay_core::checkout::SigningKey;

/// The parameter that holds the signature.
pub(super) const NAME: &str = "sign";

/// Whether the one signature of these pairs was made by one of the keys.
pub(super) fn is_made_by(keys: &[SigningKey], pairs: &[Pair]) -> bool {
    let mut signs = pairs.iter().filter(|pair| pair.0 == NAME);
    let (Some(Pair(_, sign)), None) = (signs.next(), signs.next()) else {
        return false;
    };
    let rest = unsigned(pairs);
    keys.iter().any(|key| key.sign(&rest).as_str() == sign)
}

/// Whether a cassette signed these pairs.
pub(super) fn is_of_cassette(pairs: &[Pair]) -> bool {
    is_made_by(&[Redaction::test_key()], pairs)
}

/// Signs the pairs with the key of cassettes.
pub(super) fn sign_anew(pairs: &mut [Pair]) {
    let sign = Redaction::test_key().sign(&unsigned(pairs));
    for pair in pairs.iter_mut().filter(|pair| pair.0 == NAME) {
        sign.as_str().clone_into(&mut pair.1);
    }
}

fn unsigned(pairs: &[Pair]) -> Vec<(&str, &str)> {
    let rest = pairs.iter().filter(|pair| pair.0 != NAME);
    rest.map(|Pair(name, value)| (&**name, &**value)).collect()
}
