//! What a message about an order has to pass, in the order in which it is checked.

use sanspay_core::checkout::Refusal;

/// The checks, as the developer's drawer shows them.
pub(crate) const CHECKS: [&str; 10] = [
    "Form: known names, each at most once",
    "Signature: made with the provider’s key",
    "Only one way to read the signed text",
    "Values: each has its shape",
    "Order: one of ours",
    "App: ours",
    "Amount and currency: the order’s",
    "Channel: one that we allow",
    "Product: the order’s",
    "Status: possible for the order",
];

/// The check of the signature: what fails a later one is signed, and a person has to look into it.
pub(crate) const SIGNATURE: usize = 1;

/// The check that asks the shop's own records.
pub(crate) const OURS: usize = 4;

/// Which of the [`CHECKS`] failed.
pub(crate) fn failed(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::Missing("sign") | Refusal::SignShape | Refusal::WrongSignature => SIGNATURE,
        Refusal::Ambiguous(_) => 2,
        Refusal::Shape(_) | Refusal::Missing(_) | Refusal::NoStatus => 3,
        Refusal::WrongOrder | Refusal::Extendable => OURS,
        Refusal::WrongApp => 5,
        Refusal::WrongAmount | Refusal::WrongCurrency | Refusal::CutByServer("total_amount") => 6,
        Refusal::WrongChannel => 7,
        Refusal::WrongSubject | Refusal::CutByServer(_) => 8,
        Refusal::WrongAbility => 9,
        // Too long, malformed, not UTF-8, unknown or repeated names: the form.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_names_a_check_that_there_is() {
        for (refusal, check) in [
            (Refusal::UnknownName, 0),
            (Refusal::Duplicate("sign"), 0),
            (Refusal::WrongSignature, 1),
            (Refusal::Missing("sign"), 1),
            (Refusal::Ambiguous("body"), 2),
            (Refusal::NoStatus, 3),
            (Refusal::WrongAmount, 6),
            (Refusal::WrongAbility, 9),
        ] {
            assert_eq!(failed(&refusal), check);
            assert!(CHECKS.get(check).is_some());
        }
    }
}
