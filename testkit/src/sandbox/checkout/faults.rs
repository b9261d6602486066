//! In what the provider's real server differs from its document.

use std::collections::BTreeSet;

/// A way in which the provider's server differs from its document (all grade V: seen by running
/// its public source, unmodified). The sandbox has all of them, and each can be taken away:
///
/// ```
/// use sanspay_testkit::sandbox::{CheckoutFault, SandboxConfig};
/// let mut config = SandboxConfig::default();
/// config.checkout.faults.remove(&CheckoutFault::OpenSigning);
/// config.checkout.faults.clear(); // the document's ideal
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CheckoutFault {
    /// No message has a `subscription_id`.
    NoSubscriptionId,
    /// The messages of a subscription carry the amount and currency of the plan's first cycle,
    /// `0.00` for a trial; ideally those that the merchant gave.
    FirstCycleAmount,
    /// One-off payments through `PayPal` queue no notification: the browser's return is the only
    /// message.
    SilentPayPal,
    /// One-off charges through Alipay Global are signed without a status.
    MissingStatus,
    /// `POST /api/gateway/{channel_id}` checks no signature: whoever pays chooses amount, order
    /// number, product and URLs. Ideally it is signed as the checkout itself.
    UncheckedGateway,
    /// `GET /api/auth/sign` signs any parameters with the default key, for anybody; ideally there
    /// is no such route.
    OpenSigning,
    /// Values beyond a column's limit are cut in silence, amounts become 99999999.99 and unknown
    /// currencies empty; ideally they are refused.
    CutValues,
    /// A product taken by its id leads to no trade, a plan taken by its id to a blank page,
    /// customers are never stored, and a product with a `status` is not either.
    BrokenIds,
    /// A checkout that is paid can be opened and paid again, under a second trade number.
    PayableTwice,
    /// A URL of more than 8190 bytes is answered 414, as web servers do as they come.
    ShortUrls,
    /// `request_time` is stored and not looked at.
    UncheckedTime,
}

impl CheckoutFault {
    /// Every fault.
    pub const ALL: [Self; 11] = [
        Self::NoSubscriptionId,
        Self::FirstCycleAmount,
        Self::SilentPayPal,
        Self::MissingStatus,
        Self::UncheckedGateway,
        Self::OpenSigning,
        Self::CutValues,
        Self::BrokenIds,
        Self::PayableTwice,
        Self::ShortUrls,
        Self::UncheckedTime,
    ];

    /// All of them: the real server.
    pub(in crate::sandbox) fn all() -> BTreeSet<Self> {
        Self::ALL.into()
    }
}

/// The most bytes of a request line's URL.
pub(super) const MAX_URL: usize = 8190;

/// The first characters of a text, as many as its column holds.
pub(super) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
