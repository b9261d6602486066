//! The statuses of a checkout, and which change of status is progress.

use std::fmt;

/// The status that a notification or return gives (grade V).
///
/// A text outside of this table is refused: it could not be told whether it means paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// `CREATED`: opened and not paid.
    Created,
    /// `CHECKOUT_SUCCEED`: the payment was made.
    CheckoutSucceed,
    /// `CHECKOUT_FAIL`: the payment was refused.
    CheckoutFail,
    /// `SUBSCRIPTION_WAIT_REMIND`: the payer is yet to be reminded of the next charge.
    SubscriptionWaitRemind,
    /// `SUBSCRIPTION_WAIT_CHARGE`: the next charge is due.
    SubscriptionWaitCharge,
    /// `SUBSCRIPTION_CHARGE_SUCCEED`: a period was charged.
    SubscriptionChargeSucceed,
    /// `SUBSCRIPTION_CHARGE_FAIL`: a charge was refused.
    SubscriptionChargeFail,
    /// `CLOSED`: nothing more will come.
    Closed,
}

/// What a new status means beside the one that is stored; see [`Status::progress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Store the new status and act on it.
    Advance,
    /// The same again: acknowledge it and do nothing.
    Replay,
    /// The new status is older or worth less: acknowledge it and keep the stored one.
    Regression,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::CheckoutSucceed,
        Self::CheckoutFail,
        Self::SubscriptionWaitRemind,
        Self::SubscriptionWaitCharge,
        Self::SubscriptionChargeSucceed,
        Self::SubscriptionChargeFail,
        Self::Closed,
    ];

    /// The status with this text on the wire.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::CheckoutSucceed => "CHECKOUT_SUCCEED",
            Self::CheckoutFail => "CHECKOUT_FAIL",
            Self::SubscriptionWaitRemind => "SUBSCRIPTION_WAIT_REMIND",
            Self::SubscriptionWaitCharge => "SUBSCRIPTION_WAIT_CHARGE",
            Self::SubscriptionChargeSucceed => "SUBSCRIPTION_CHARGE_SUCCEED",
            Self::SubscriptionChargeFail => "SUBSCRIPTION_CHARGE_FAIL",
            Self::Closed => "CLOSED",
        }
    }

    /// Whether money was taken, *if* the message belongs to the order: only a
    /// [`Paid`](super::Paid) says that.
    pub fn is_success(self) -> bool {
        matches!(
            self,
            Self::CheckoutSucceed | Self::SubscriptionChargeSucceed
        )
    }

    /// Whether it speaks of a subscription.
    pub fn is_subscription(self) -> bool {
        matches!(
            self,
            Self::SubscriptionWaitRemind
                | Self::SubscriptionWaitCharge
                | Self::SubscriptionChargeSucceed
                | Self::SubscriptionChargeFail
        )
    }

    pub(super) fn is_single_payment(self) -> bool {
        matches!(self, Self::CheckoutSucceed | Self::CheckoutFail)
    }

    /// What `new` means where this status is stored for the same `trade_no`.
    ///
    /// The server may send a status that goes back (grade V) and messages may overtake each
    /// other, so a status advances only to one of a higher rank: created, waiting for a reminder,
    /// waiting for a charge, failed, closed, succeeded. Success never goes back, and a success
    /// after a failure or closing counts, because money was taken.
    ///
    /// ```
    /// use sanspay_core::checkout::{Progress, Status};
    /// assert_eq!(Status::Created.progress(Status::CheckoutSucceed), Progress::Advance);
    /// assert_eq!(Status::CheckoutSucceed.progress(Status::Closed), Progress::Regression);
    /// ```
    #[must_use]
    pub fn progress(self, new: Self) -> Progress {
        if self == new {
            Progress::Replay
        } else if new.rank() > self.rank() {
            Progress::Advance
        } else {
            Progress::Regression
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Created => 0,
            Self::SubscriptionWaitRemind => 1,
            Self::SubscriptionWaitCharge => 2,
            Self::CheckoutFail | Self::SubscriptionChargeFail => 3,
            Self::Closed => 4,
            Self::CheckoutSucceed | Self::SubscriptionChargeSucceed => 5,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back_and_no_other_text_does() {
        for status in Status::ALL {
            assert_eq!(Status::from_text(status.as_str()), Some(status));
        }
        for text in ["", "created", "PAID", "CHECKOUT_SUCCEED ", "0"] {
            assert_eq!(Status::from_text(text), None);
        }
    }

    #[test]
    fn success_never_goes_back_and_is_always_reached() {
        for other in Status::ALL {
            for paid in Status::ALL.into_iter().filter(|s| s.is_success()) {
                assert_ne!(paid.progress(other), Progress::Advance, "{paid} {other}");
                if !other.is_success() {
                    assert_eq!(other.progress(paid), Progress::Advance, "{other} {paid}");
                }
            }
        }
    }

    #[test]
    fn no_two_statuses_advance_to_each_other() {
        for a in Status::ALL {
            assert_eq!(a.progress(a), Progress::Replay);
            for b in Status::ALL {
                let both = [a.progress(b), b.progress(a)];
                assert_ne!(both, [Progress::Advance; 2], "{a} {b}");
            }
        }
    }
}
