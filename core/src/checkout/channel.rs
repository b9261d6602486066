//! The `channel` parameter: which environment, and what the payer may do there.

use crate::object_writer::ObjectWriter;

/// The environment of the payment channels (grade D).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// The parameter as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub(super) env: Environment,
    pub(super) ability: Ability,
}

impl Channel {
    pub(super) fn write(self, channel: &mut ObjectWriter) {
        channel
            .text("env", self.env.as_str())
            .text("ability", self.ability.as_str());
    }
}
