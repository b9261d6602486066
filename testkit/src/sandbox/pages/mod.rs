//! The payer's pages: small, complete in one request, without scripts, and escaped. How the real
//! ones look is not documented, so all of it is grade A.

mod payment;
mod refusal;

use http::{Response, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use self::payment::{Button, Payment, payment};
pub(super) use self::refusal::{PAID, Problem, REQUIRED, Refusal, refusal};
use super::answer;

/// How many characters of a text are shown.
const TEXT: usize = 300;

/// Whose pages these are.
#[derive(Clone, Copy)]
pub(super) enum Provider {
    /// The partner API's.
    Qiaopay,
    /// The hosted checkout's.
    YzhanPay,
}

impl Provider {
    fn name(self) -> &'static str {
        match self {
            Self::Qiaopay => "Qiaopay",
            Self::YzhanPay => "yzhan pay",
        }
    }
}

/// The whole document around what is in the card.
fn page(status: StatusCode, provider: Provider, title: &str, card: &Markup) -> Response<Vec<u8>> {
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – " (provider.name()) }
                link rel="icon" href="data:,";
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                header {
                    span class="brand" { (provider.name()) }
                    span class="badge" { "Sandbox" }
                }
                main { div class="card" { (card) } }
                footer { "This page belongs to the sandbox of sanspay. No money moves." }
            }
        }
    };
    answer::html(status, html.into_string())
}

/// One sentence under its heading.
pub(super) fn message(provider: Provider, title: &str, text: &str) -> Response<Vec<u8>> {
    let card = html! {
        h1 { (shown(title, TEXT)) }
        p class="soft" { (shown(text, TEXT)) }
    };
    page(StatusCode::OK, provider, title, &card)
}

/// At most so many characters of the text, so that no page grows beyond what it may weigh, and
/// without what no document may hold.
fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for (number, character) in text.chars().enumerate() {
        if number == most {
            shown.push('…');
            break;
        }
        shown.push(match character {
            '\n' | '\t' => character,
            control if control.is_control() => char::REPLACEMENT_CHARACTER,
            other => other,
        });
    }
    shown
}

#[cfg(test)]
mod tests;
