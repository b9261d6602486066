//! The payer's pages: small, complete in one request, without scripts, and escaped. How the real
//! ones look is not documented, so all of it is grade A.

mod html;
mod payment;
mod refusal;

use http::{Response, StatusCode};

use self::html::Html;
pub(super) use self::payment::{Button, Payment, payment};
pub(super) use self::refusal::{PAID, Problem, REQUIRED, Refusal, refusal};
use super::answer;

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
fn page(status: StatusCode, provider: Provider, title: &str, card: &Html) -> Response<Vec<u8>> {
    let style = Html::new(include_str!("style.css"), &[]);
    let html = Html::new(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} – {}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{}</style>\n\
         </head>\n<body>\n<header>\n<span class=\"brand\">{}</span>\n\
         <span class=\"badge\">Sandbox</span>\n</header>\n<main>\n<div class=\"card\">\n{}</div>\n\
         </main>\n<footer>This page belongs to the sandbox of sanspay. No money moves.</footer>\n\
         </body>\n</html>\n",
        &[&title, &provider.name(), &style, &provider.name(), card],
    );
    answer::html(status, html.into_string())
}

/// One sentence under its heading.
pub(super) fn message(provider: Provider, title: &str, text: &str) -> Response<Vec<u8>> {
    let card = Html::new("<h1>{}</h1>\n<p class=\"soft\">{}</p>\n", &[&title, &text]);
    page(StatusCode::OK, provider, title, &card)
}

#[cfg(test)]
mod tests;
