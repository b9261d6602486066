//! A forger: given anything that the provider signed, it tries every other reading of it.
//!
//! Values are joined unescaped before they are signed, so that one signature fits many messages.
//! What stands here has to hold for the scheme to be safe all the same; the argument for it is in
//! the documentation of `Verifier`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::format_push_string
)]

mod answers;
mod attacks;
mod generate;
mod reader;
mod tamper;
mod through;

use std::cell::Cell;

use generate::{check, notifications};
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;
use reader::{Reader, form, key, meanings, strict, verifier, without_the_ambiguity_rule};
use sanspay_core::checkout::{Refusal, Signed, signed_text};
use sanspay_ffi_free_tests::cuts::{NAMES, Pairs, REQUIRED, known_cuts};

/// More cuts of one text than this are not tried.
const LIMIT: usize = 5_000;

/// The value of a parameter, empty where it is absent.
pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let pair = pairs.iter().find(|(known, _)| known == name);
    pair.map_or("", |(_, value)| value)
}

/// What the forger tried and what was accepted.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// Ways to cut the signed text.
    cuts: usize,
    /// Messages: cuts with unsigned parameters added, and in other orders.
    messages: usize,
    /// Messages that were accepted.
    accepted: usize,
    /// The different readings of those.
    readings: Vec<Signed>,
}

/// A message that says something else than the provider did.
#[derive(Debug)]
pub(crate) struct Forgery {
    message: Pairs,
    #[expect(dead_code, reason = "what a failure prints")]
    claims: Pairs,
}

/// Presents every cut of what the provider signed, with every unsigned parameter.
///
/// # Errors
/// The first message from which a merchant learns what the provider did not say.
pub(crate) fn forge(provider: &[(String, String)], read: Reader) -> Result<Tried, Box<Forgery>> {
    let text = signed_text(provider);
    let sign = key().sign(provider).as_str().to_owned();
    let mut cuts = known_cuts(&text, &REQUIRED, LIMIT);
    assert!(cuts.len() < LIMIT, "the bound is too low for {text}");
    // Cuts in which a required parameter is missing are many; one is enough.
    cuts.extend(known_cuts(&text, &[], 1));
    let mut tried = Tried {
        cuts: cuts.len(),
        ..Tried::default()
    };
    for (place, cut) in cuts.iter().enumerate() {
        for (number, message) in with_unsigned(cut).into_iter().enumerate() {
            tried.messages += 1;
            let Ok(signed) = read(&message, &sign) else {
                // Of the cuts that are refused by themselves, some are tried in one more way.
                if number == 0 && place < 4 {
                    continue;
                }
                break;
            };
            tried.accepted += 1;
            if tried.readings.contains(&signed) {
                continue;
            }
            for claims in meanings(&signed) {
                if !says(provider, &claims) {
                    return Err(Box::new(Forgery { message, claims }));
                }
            }
            tried.readings.push(signed);
        }
    }
    Ok(tried)
}

/// Whether the provider said all of that.
fn says(provider: &[(String, String)], claims: &[(String, String)]) -> bool {
    claims
        .iter()
        .all(|(name, claim): &(String, String)| claim == value(provider, name))
}

/// The cut with parameters that the signature does not see, and in another order.
fn with_unsigned(cut: &[(String, String)]) -> Vec<Pairs> {
    let absent = |name: &&str| value(cut, name).is_empty();
    let absent: Vec<_> = NAMES.into_iter().filter(absent).collect();
    let added = |names: &[&str], falsy: &str| {
        let added = names
            .iter()
            .map(|name| ((*name).to_owned(), falsy.to_owned()));
        added.chain(cut.iter().cloned()).collect()
    };
    let backwards = cut.iter().rev().cloned().collect();
    let mut messages = vec![
        added(&absent, ""),
        added(&absent, "0"),
        backwards,
        cut.to_vec(),
    ];
    messages.extend(absent.iter().map(|name| added(&[name], "0")));
    messages
}

#[test]
fn of_all_cuts_of_10000_notifications_only_the_providers_own_is_accepted() {
    let (sum, quarantined) = (Cell::new([0; 3]), Cell::new(0));
    let start = std::time::Instant::now();
    check(10_000, &notifications(), |provider| {
        let tried = forge(&provider, strict);
        let tried = tried.map_err(|forgery| TestCaseError::fail(format!("{forgery:#?}")))?;
        let sign = key().sign(&provider).as_str().to_owned();
        let own: Vec<_> = strict(&provider, &sign).into_iter().collect();
        // A subject may lose its end to a `subscription_id`, which then counts nowhere. But for
        // this there is one reading, and it is the provider's own.
        let may_be_shorter = value(&provider, "subject").contains("&subscription_id=");
        prop_assert!(
            tried.readings == own || may_be_shorter,
            "{:?}",
            tried.readings
        );
        let [cuts, messages, accepted] = sum.get();
        sum.set([
            cuts + tried.cuts,
            messages + tried.messages,
            accepted + tried.accepted,
        ]);
        quarantined.set(quarantined.get() + usize::from(own.is_empty()));
        Ok(())
    });
    let ([cuts, messages, accepted], seconds) = (sum.get(), start.elapsed().as_secs_f32());
    eprintln!(
        "10000 notifications, {} of them refused as ambiguous: {cuts} cuts, {messages} messages, \
         {accepted} accepted, no forgery, in {seconds:.1} s",
        quarantined.get()
    );
    assert!(cuts > 20_000 && accepted > 10_000);
}

/// Every cut of `text` at any `&` and any `=`, whatever the names are, up to `limit` of them.
fn any_cuts(text: &str, limit: usize) -> Vec<Pairs> {
    let mut cuts = vec![];
    let mut open = vec![(Vec::new(), text)];
    while let Some((cut, rest)) = open.pop() {
        if cuts.len() + open.len() >= limit {
            break;
        }
        for (equals, _) in rest.match_indices('=') {
            let (name, value) = (&rest[..equals], &rest[equals + 1..]);
            let ends = value.match_indices('&').map(|(at, _)| at);
            for end in ends.chain([value.len()]) {
                let mut longer: Pairs = cut.clone();
                longer.push((name.to_owned(), value[..end].to_owned()));
                match value.get(end + 1..) {
                    Some(rest) => open.push((longer, rest)),
                    None => cuts.push(longer),
                }
            }
        }
    }
    cuts.truncate(limit);
    cuts
}

#[test]
fn cuts_with_other_names_are_refused_whatever_they_are() {
    let tried = Cell::new(0);
    check(300, &notifications(), |provider| {
        let sign = key().sign(&provider).as_str().to_owned();
        for cut in any_cuts(&signed_text(&provider), 200) {
            let known = cut.iter().all(|(name, _)| NAMES.contains(&&**name));
            let outcome = verifier().notification(form(&cut, &sign).as_bytes());
            if !known && outcome.is_ok() {
                return Err(TestCaseError::fail(format!("{cut:?}")));
            }
            tried.set(tried.get() + usize::from(!known));
        }
        Ok(())
    });
    assert!(tried.get() > 10_000, "{}", tried.get());
}

#[test]
fn with_the_ambiguity_rule_switched_off_the_forger_finds_forgeries() {
    let found = Cell::new(0);
    check(1_000, &notifications(), |provider| {
        if let Err(forgery) = forge(&provider, without_the_ambiguity_rule) {
            // The shipped reader refuses the very same message, and says why in the log.
            let sign = key().sign(&provider).as_str().to_owned();
            let refused = strict(&forgery.message, &sign);
            let ambiguous = matches!(refused, Err(Refusal::Ambiguous(_)));
            if !ambiguous {
                return Err(TestCaseError::fail(format!("{refused:?} {forgery:?}")));
            }
            found.set(found.get() + 1);
        }
        Ok(())
    });
    eprintln!(
        "without the ambiguity rule {} of 1000 notifications can be forged",
        found.get()
    );
    assert!(found.get() > 80, "{}", found.get());
}
