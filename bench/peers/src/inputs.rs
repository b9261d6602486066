//! What is signed on every side.

use sanspay_bench::checkout;

/// The twelve parameters that the ratios are measured with, not in the order of signing.
pub(crate) fn unsorted_pairs() -> Vec<(String, String)> {
    let signed = checkout::checkout()
        .sign(&checkout::key(), checkout::sample_time())
        .expect("a checkout");
    let mut pairs: Vec<_> = signed
        .parameters()
        .filter(|(name, _)| *name != "sign")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(pairs.len(), 12);
    fastrand::Rng::with_seed(8).shuffle(&mut pairs);
    pairs
}
