//! Why nothing can be paid here, for the payer and for the developer who sent him.

use http::{Response, StatusCode};
use maud::html;

use super::{Provider, page, shown};

/// A parameter and what is wrong with it.
pub(in crate::sandbox) type Problem = (&'static str, &'static str);

/// What is wrong with a parameter that is not there.
pub(in crate::sandbox) const REQUIRED: &str = "is required";

/// What is wrong with the number of an order that was paid before.
pub(in crate::sandbox) const PAID: &str = "is the number of an order that is paid";

/// How many characters of the signed text are shown.
const SIGNED_TEXT: usize = 4000;

/// The longest link back; a longer one is left out, because of what a page may weigh.
const BACK: usize = 4000;

/// What is refused.
pub(in crate::sandbox) struct Refusal<'a> {
    pub(in crate::sandbox) provider: Provider,
    pub(in crate::sandbox) status: StatusCode,
    /// Each parameter with its reason.
    pub(in crate::sandbox) problems: &'a [Problem],
    /// For a wrong signature the text that was signed on this side.
    pub(in crate::sandbox) signed_text: Option<&'a str>,
    /// Where the payer's shop is.
    pub(in crate::sandbox) back: Option<&'a str>,
}

/// The page.
pub(in crate::sandbox) fn refusal(refusal: &Refusal<'_>) -> Response<Vec<u8>> {
    let (title, advice) = told(refusal.status, refusal.problems);
    let card = html! {
        h1 { (title) }
        p class="soft" { (advice) }
        @if !refusal.problems.is_empty() {
            div class="bad" {
                ul {
                    @for (parameter, reason) in refusal.problems {
                        li { code { (parameter) } " " (reason) }
                    }
                }
            }
        }
        @if let Some(text) = refusal.signed_text {
            section aria-labelledby="signed" {
                h2 id="signed" { "For the shop’s developer" }
                p { "This text was signed here, followed by the app’s secret key:" }
                pre { (shown(text, SIGNED_TEXT)) }
            }
        }
        @if let Some(target) = refusal.back.filter(|target| target.len() <= BACK) {
            div class="acts" { a class="button main" href=(shown(target, BACK)) { "Go back to the shop" } }
        }
    };
    page(refusal.status, refusal.provider, title, &card)
}

/// The heading, and what to do about it.
fn told(status: StatusCode, problems: &[Problem]) -> (&'static str, &'static str) {
    match (status, problems) {
        (StatusCode::METHOD_NOT_ALLOWED, _) => (
            "This cannot be done here",
            "Go back to the shop and start again from there.",
        ),
        (StatusCode::NOT_FOUND, _) => (
            "There is no such checkout",
            "Go back to the shop and start again from there.",
        ),
        (_, [("out_trade_no", PAID)]) => (
            "This order is already paid",
            "Nothing more is charged for it.",
        ),
        (_, [_, ..]) if problems.iter().all(|(_, reason)| *reason == REQUIRED) => (
            "Something is missing",
            "The shop left out what this checkout needs. Nothing was charged.",
        ),
        (_, [("sign", _)]) => (
            "The signature is not right",
            "This link was altered on its way, or the shop signs with another key. \
             Nothing was charged.",
        ),
        (_, [("total_amount", _)]) => (
            "The amount is out of range",
            "A checkout takes from 0.01 to 999999999, with at most two decimals. \
             Nothing was charged.",
        ),
        (_, [("app_id", _)]) => (
            "The shop is not known here",
            "No app has this id. Nothing was charged.",
        ),
        _ => (
            "This checkout cannot be opened",
            "The shop sent something that is not understood here. Nothing was charged.",
        ),
    }
}
