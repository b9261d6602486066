//! Why a notification or return was refused.

use std::fmt;

/// Why a notification or return was refused, by the first rule that it broke.
///
/// It carries parameter names and never a value, so it is safe to log
/// ([`log_reason`](Refusal::log_reason)). It is for you alone: [`Answer`](super::Answer) tells the
/// sender the same whatever the reason. A message that is signed and yet refused
/// ([`is_signed`](Refusal::is_signed)) deserves a look by a person: it is either an attack or an
/// order that was set up differently from what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// A name that notifications do not have, and that the provider did not sign.
    UnknownName,
    /// A name that is not known here, and that the provider signed: a newer or changed server
    /// sends it, or a payer wrote it into a text. After a look at the server it can be allowed
    /// with [`Verifier::allowing`](super::Verifier::allowing). The name is empty where it is not
    /// made of up to 64 lower-case letters, digits and `_`.
    UnknownSignedName(Box<str>),
    /// The parameter is there twice.
    Duplicate(&'static str),
    /// The parameter is missing, empty or `0`, which to the signature is the same.
    Missing(&'static str),
    /// The provider signed the message without a status, as its server does for charges through
    /// Alipay Global (grade V): it says nothing about the payment.
    NoStatus,
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
    /// The order's number has fewer than 41 characters, or an allowed name stands where a status
    /// can hide in its value: a payer may have written the status. See
    /// [`Order::allow_extendable`](super::Order::allow_extendable).
    Extendable,
    /// Another amount.
    WrongAmount,
    /// Another currency.
    WrongCurrency,
    /// The order's value is longer or greater than the provider's server can store (grade V), and
    /// the message holds what is left of it.
    CutByServer(&'static str),
    /// The channel is not among those allowed, or not in this currency.
    WrongChannel,
    /// Another product's name.
    WrongSubject,
    /// A status of a subscription for a single payment, or the reverse.
    WrongAbility,
}

impl Refusal {
    /// The reason for your own log.
    pub fn log_reason(&self) -> String {
        self.to_string()
    }

    /// The parameter that is at fault, where it is one.
    pub fn parameter(&self) -> Option<&str> {
        Some(match self {
            Self::Duplicate(name)
            | Self::Missing(name)
            | Self::Ambiguous(name)
            | Self::Shape(name)
            | Self::CutByServer(name) => name,
            Self::UnknownSignedName(name) if !name.is_empty() => name,
            Self::SignShape | Self::WrongSignature => "sign",
            Self::WrongApp => "app_id",
            Self::WrongOrder | Self::Extendable => "out_trade_no",
            Self::WrongAmount => "total_amount",
            Self::WrongCurrency => "currency",
            Self::WrongChannel => "channel_id",
            Self::WrongSubject => "subject",
            Self::WrongAbility | Self::NoStatus => "status",
            _ => return None,
        })
    }

    /// Whether the signature was right, so that the provider itself signed what was refused.
    pub fn is_signed(&self) -> bool {
        match self {
            Self::TooLarge
            | Self::Malformed
            | Self::NotUtf8
            | Self::ControlCharacter
            | Self::ArrayName
            | Self::UnknownName
            | Self::Duplicate(_)
            | Self::SignShape
            | Self::WrongSignature => false,
            Self::Missing(name) => *name != "sign",
            Self::UnknownSignedName(_)
            | Self::NoStatus
            | Self::Ambiguous(_)
            | Self::Shape(_)
            | Self::WrongApp
            | Self::WrongOrder
            | Self::Extendable
            | Self::WrongAmount
            | Self::WrongCurrency
            | Self::CutByServer(_)
            | Self::WrongChannel
            | Self::WrongSubject
            | Self::WrongAbility => true,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate(name) => return write!(f, "{name} is given twice"),
            Self::Missing(name) => return write!(f, "{name} is missing, empty or 0"),
            Self::Ambiguous(name) => {
                return write!(f, "{name} is ambiguous: it holds & later followed by =");
            }
            Self::Shape(name) => return write!(f, "{name} does not have its form"),
            Self::CutByServer(name) => {
                return write!(
                    f,
                    "{name} is what the provider's server stored of the order's, which is beyond \
                     its limit"
                );
            }
            Self::UnknownSignedName(name) if !name.is_empty() => {
                return write!(
                    f,
                    "{name} is signed and not a name that is known here: if the provider's server \
                     sends it, allow it with Verifier::allowing"
                );
            }
            Self::UnknownSignedName(_) => "a name is signed and not one that any server would send",
            Self::TooLarge => "the message is too long",
            Self::Malformed => "the message is not form-encoded",
            Self::NotUtf8 => "the message is not UTF-8",
            Self::ControlCharacter => "the message holds a control character",
            Self::ArrayName => "a name is that of an array",
            Self::UnknownName => "a name is unknown and not signed",
            Self::NoStatus => {
                "the message is signed without a status, so it says nothing about the payment"
            }
            Self::SignShape => "sign is not 32 lower-case hexadecimal digits",
            Self::WrongSignature => "sign was made with none of the keys",
            Self::WrongApp => "app_id is not the order's",
            Self::WrongOrder => "out_trade_no is not the order's",
            Self::Extendable => {
                "a payer may have appended the status, because out_trade_no has fewer than 41 \
                 characters or a name that you allow stands before status"
            }
            Self::WrongAmount => "total_amount is not the order's",
            Self::WrongCurrency => "currency is not the order's",
            Self::WrongChannel => "channel_id is not allowed for the order",
            Self::WrongSubject => "subject is not the order's",
            Self::WrongAbility => "status is not one that the order can have",
        })
    }
}

impl std::error::Error for Refusal {}
