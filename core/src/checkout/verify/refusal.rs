//! Why a notification or return was refused.

use std::fmt;

/// Why a notification or return was refused, by the first rule that it broke.
///
/// It carries parameter names and never a value, so it is safe to log
/// ([`log_reason`](Refusal::log_reason)). It is for you alone: [`Answer`](super::Answer) tells the
/// sender the same whatever the reason. A message that is signed and yet refused
/// ([`is_signed`](Refusal::is_signed)) deserves a look by a person: it is either an attack or an
/// order that was set up differently from what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Longer than [`Verifier::MAX_LEN`](super::Verifier::MAX_LEN).
    TooLarge,
    /// No `name=value` pairs joined with `&`, or a `%` that two hexadecimal digits do not follow.
    Malformed,
    /// The bytes are no UTF-8.
    NotUtf8,
    /// A name or value holds a control character.
    ControlCharacter,
    /// A name such as `status[]`, which PHP would take for an array.
    ArrayName,
    /// A name that notifications do not have.
    UnknownName,
    /// The parameter is there twice.
    Duplicate(&'static str),
    /// The parameter is missing, empty or `0`, which to the signature is the same.
    Missing(&'static str),
    /// `sign` is not 32 lower-case hexadecimal digits.
    SignShape,
    /// None of the keys made the signature.
    WrongSignature,
    /// The value holds an `&` later followed by `=`: the signed text could be cut elsewhere.
    Ambiguous(&'static str),
    /// The value does not have the form that the parameter has.
    Shape(&'static str),
    /// Another app's.
    WrongApp,
    /// Another order's.
    WrongOrder,
    /// Another amount.
    WrongAmount,
    /// Another currency.
    WrongCurrency,
    /// The channel is not among those allowed, or not in this currency.
    WrongChannel,
    /// Another product's name.
    WrongSubject,
    /// A status of a subscription for a single payment, or the reverse.
    WrongAbility,
    /// Another subscription, or none where there must be one.
    WrongSubscription,
    /// Another customer, or none where there must be one.
    WrongCustomer,
}

impl Refusal {
    /// The reason for your own log.
    pub fn log_reason(&self) -> String {
        self.to_string()
    }

    /// The parameter that is at fault, where it is one.
    pub fn parameter(&self) -> Option<&'static str> {
        Some(match self {
            Self::Duplicate(name)
            | Self::Missing(name)
            | Self::Ambiguous(name)
            | Self::Shape(name) => name,
            Self::SignShape | Self::WrongSignature => "sign",
            Self::WrongApp => "app_id",
            Self::WrongOrder => "out_trade_no",
            Self::WrongAmount => "total_amount",
            Self::WrongCurrency => "currency",
            Self::WrongChannel => "channel_id",
            Self::WrongSubject => "subject",
            Self::WrongAbility => "status",
            Self::WrongSubscription => "subscription_id",
            Self::WrongCustomer => "customer_id",
            _ => return None,
        })
    }

    /// Whether the signature was right, so that the provider itself signed what was refused.
    pub fn is_signed(&self) -> bool {
        matches!(
            self,
            Self::Ambiguous(_)
                | Self::Shape(_)
                | Self::Missing(_)
                | Self::WrongApp
                | Self::WrongOrder
                | Self::WrongAmount
                | Self::WrongCurrency
                | Self::WrongChannel
                | Self::WrongSubject
                | Self::WrongAbility
                | Self::WrongSubscription
                | Self::WrongCustomer
        ) && *self != Self::Missing("sign")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate(name) => return write!(f, "{name} is given twice"),
            Self::Missing(name) => return write!(f, "{name} is missing, empty or 0"),
            Self::Ambiguous(name) => {
                return write!(f, "{name} is ambiguous: it holds & later followed by =");
            }
            Self::Shape(name) => return write!(f, "{name} does not have its form"),
            _ => {}
        }
        f.write_str(match self {
            Self::TooLarge => "the message is too long",
            Self::Malformed => "the message is not form-encoded",
            Self::NotUtf8 => "the message is not UTF-8",
            Self::ControlCharacter => "the message holds a control character",
            Self::ArrayName => "a name is that of an array",
            Self::UnknownName => "a name is unknown",
            Self::SignShape => "sign is not 32 lower-case hexadecimal digits",
            Self::WrongSignature => "sign was made with none of the keys",
            Self::WrongApp => "app_id is not the order's",
            Self::WrongOrder => "out_trade_no is not the order's",
            Self::WrongAmount => "total_amount is not the order's",
            Self::WrongCurrency => "currency is not the order's",
            Self::WrongChannel => "channel_id is not allowed for the order",
            Self::WrongSubject => "subject is not the order's",
            Self::WrongAbility => "status is not one that the order can have",
            Self::WrongSubscription => "subscription_id is not the order's",
            _ => "customer_id is not the order's",
        })
    }
}

impl std::error::Error for Refusal {}
