//! The shop's pages: each complete in one request, and everything in them escaped.

pub(crate) mod order;
pub(crate) mod partner;
pub(crate) mod shop;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// Fetches the page again from time to time and puts what changed in its place.
const LIVE: &str = include_str!("live.js");

/// What the pages may do: their own style and script, and ask this shop.
pub(crate) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let script = STANDARD.encode(Sha256::digest(LIVE));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// Whether a page follows what happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    Yes,
    No,
}

fn layout(title: &str, follows: Follows, main: &Markup) -> Markup {
    let link = |path: &str, name: &str, current: bool| {
        html! { a href=(path) aria-current=[current.then_some("page")] { (name) } }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Leaf & Pot" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    span.brand { "Leaf & Pot" }
                    nav aria-label="Main" {
                        (link("/", "Shop", title == shop::TITLE))
                        (link("/partner", "Partner API", title == partner::TITLE))
                    }
                }
                main { (main) }
                footer { "An example over sanspay and its sandbox. Nothing is sold and no money moves." }
                @if follows == Follows::Yes {
                    noscript { p.wrap { "Reload the page to see what happened since." } }
                    script { (PreEscaped(LIVE)) }
                }
            }
        }
    }
}

/// One sentence under its heading.
pub(crate) fn notice(title: &str, text: &str) -> Markup {
    layout(
        title,
        Follows::No,
        &html! { h1 { (title) } p.soft { (text) } p { a.button href="/" { "Go to the shop" } } },
    )
}

/// At most so many characters of the text.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
