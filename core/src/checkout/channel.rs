//! The `channel` parameter: which environment, and what the payer may do there.

use serde::{Serialize, Serializer};

/// The environment of the payment channels (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real money.
    Production,
    /// Play money.
    Sandbox,
}

/// What the payer is asked for (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// One payment.
    Checkout,
    /// A subscription.
    Subscribe,
    /// Either, as the payer chooses: empty on the wire.
    PayersChoice,
}

impl Ability {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Subscribe => "subscribe",
            Self::PayersChoice => "",
        }
    }

    pub(super) fn may_pay_once(self) -> bool {
        self != Self::Subscribe
    }

    pub(super) fn may_subscribe(self) -> bool {
        self != Self::Checkout
    }
}

impl Serialize for Ability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The parameter as it is written.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Channel {
    pub(super) env: Environment,
    pub(super) ability: Ability,
}
