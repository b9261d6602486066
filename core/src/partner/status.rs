//! What a record is, where it stands in its life, and which changes are legal.

use super::open_enum::open_enum;

open_enum! {
    /// Where a payment or payout stands (grade D: created → paid | failed | expired).
    ///
    /// An unknown status keeps its text and is never treated as paid.
    ///
    /// ```
    /// use sanspay_core::partner::Status;
    /// assert!(Status::from("paid").is_paid());
    /// assert!(!Status::from("PAID").is_paid());
    /// assert_eq!(Status::from("on_hold").as_str(), "on_hold");
    /// ```
    Status {
        /// It exists and no money has moved.
        Created = "created",
        /// The money has moved. This is final.
        Paid = "paid",
        /// It was refused or went wrong. This is final.
        Failed = "failed",
        /// Nobody paid in time. This is final.
        Expired = "expired",
    }
    expecting "`status` as a text"
}

open_enum! {
    /// The `type` of a record (grade A).
    RecordType {
        /// Money that a payer sends to the merchant.
        Payment = "payment",
        /// Money that the merchant sends to a beneficiary.
        Payout = "payout",
    }
    expecting "`type` as a text"
}

open_enum! {
    /// What a webhook claims to have happened (the four names are grade D).
    EventKind {
        /// The record was created.
        PaymentCreated = "payment.created",
        /// The money has moved.
        PaymentPaid = "payment.paid",
        /// It was refused or went wrong.
        PaymentFailed = "payment.failed",
        /// Nobody paid in time.
        PaymentExpired = "payment.expired",
    }
    expecting "`event` as a text"
}

/// What the step from one status to another means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// The record went on in its life: apply it.
    Advance,
    /// Nothing changed: a repetition.
    Same,
    /// The life of a record has no such step, such as away from paid. With events this is one
    /// that arrived late: keep the status that you have.
    Illegal,
    /// One of the two is not a known status, so nothing can be said. Keep the status that you
    /// have and look.
    Unknown,
}

impl Status {
    /// Whether the money has moved. An unknown status is not paid.
    pub fn is_paid(&self) -> bool {
        *self == Self::Paid
    }

    /// Whether no further change is to come. An unknown status is not final.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Paid | Self::Failed | Self::Expired)
    }

    /// What it means when a record of this status is seen with the status `next`.
    ///
    /// | from \ to | created | paid | failed | expired | other |
    /// |---|---|---|---|---|---|
    /// | created | same | advance | advance | advance | unknown |
    /// | paid | illegal | same | illegal | illegal | unknown |
    /// | failed | illegal | illegal | same | illegal | unknown |
    /// | expired | illegal | illegal | illegal | same | unknown |
    /// | other | unknown | unknown | unknown | unknown | unknown, or same if equal |
    ///
    /// ```
    /// use sanspay_core::partner::{Change, Status};
    /// assert_eq!(Status::Created.change_to(&Status::Paid), Change::Advance);
    /// assert_eq!(Status::Paid.change_to(&Status::Created), Change::Illegal);
    /// ```
    pub fn change_to(&self, next: &Self) -> Change {
        match (self, next) {
            (from, to) if from == to => Change::Same,
            (Self::Other(_), _) | (_, Self::Other(_)) => Change::Unknown,
            (Self::Created, _) => Change::Advance,
            _ => Change::Illegal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_of_changes_is_the_documented_one() {
        use Change::{Advance as A, Illegal as I, Same as S, Unknown as U};
        let statuses = ["created", "paid", "failed", "expired", "on_hold"].map(Status::from);
        let table = [
            [S, A, A, A, U],
            [I, S, I, I, U],
            [I, I, S, I, U],
            [I, I, I, S, U],
            [U, U, U, U, S],
        ];
        for (from, row) in statuses.iter().zip(table) {
            for (to, change) in statuses.iter().zip(row) {
                assert_eq!(from.change_to(to), change, "{from:?} to {to:?}");
            }
        }
        let other = Status::from("held");
        assert_eq!(statuses[4].change_to(&other), Change::Unknown);
    }

    #[test]
    fn debug_shows_an_unknown_text_only_where_it_is_a_name() {
        assert_eq!(
            format!("{:?}", Status::from("on_hold")),
            "Other(\"on_hold\")"
        );
        assert_eq!(format!("{:?}", Status::from("jane@x.co")), "Other(..)");
        assert_eq!(format!("{:?}", EventKind::PaymentPaid), "PaymentPaid");
    }

    fn any_status() -> impl Strategy<Value = Status> {
        "created|paid|failed|expired|PAID|paid |[a-z]{0,8}".prop_map(|text| Status::from(&*text))
    }

    proptest! {
        #[test]
        fn only_the_exact_word_is_paid(text in "\\PC{0,8}|[pP][aA][iI][dD]") {
            prop_assert_eq!(Status::from(&*text).is_paid(), text == "paid");
            let status = Status::from(&*text);
            prop_assert_eq!(status.as_str(), text);
        }

        #[test]
        fn paid_never_goes_back(next in any_status()) {
            prop_assert_ne!(Status::Paid.change_to(&next), Change::Advance);
        }

        /// One record's life has one end; its events come in any order, repeated, and mixed with
        /// statuses that nobody knows.
        #[test]
        fn any_order_and_repetition_of_events_ends_in_the_same_state(
            end in 1usize..4,
            order in prop::collection::vec(0usize..3, 0..20),
        ) {
            let end = ["created", "paid", "failed", "expired"].map(Status::from)[end].clone();
            let events = [Status::Created, end.clone(), Status::from("on_hold")];
            let mut state = Status::Created;
            for status in order.iter().map(|index| &events[*index]) {
                if state.change_to(status) == Change::Advance {
                    state = status.clone();
                }
            }
            let expected = if order.contains(&1) { end } else { Status::Created };
            prop_assert_eq!(state, expected);
        }
    }
}
