//! The `channel` parameter: which environment, and what the payer may do there.

use serde::Serialize;

/// The environment of the payment channels (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real money.
    Production,
    /// Play money.
    Sandbox,
}

impl Environment {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }
}

/// What the payer is asked for (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ability {
    /// One payment.
    Checkout,
    /// A subscription.
    Subscribe,
    /// Either, as the payer chooses: empty on the wire.
    #[serde(rename = "")]
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

/// The parameter as it is written.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Channel {
    pub(super) env: Environment,
    pub(super) ability: Ability,
}
