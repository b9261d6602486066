//! The page on which a payer pays.

use http::{Response, StatusCode};
use maud::{Markup, html};

use super::{Provider, TEXT, page, shown};

/// How many of a product's parts are listed.
const ITEMS: usize = 10;

/// How many characters of a part's text are shown.
const ITEM_TEXT: usize = 120;

/// What is to be paid, for what, and what the payer can do about it.
pub(in crate::sandbox) struct Payment<'a> {
    pub(in crate::sandbox) provider: Provider,
    pub(in crate::sandbox) title: &'a str,
    /// The price or plan in words, one line for each way to pay.
    pub(in crate::sandbox) prices: Vec<String>,
    pub(in crate::sandbox) product: &'a str,
    pub(in crate::sandbox) description: &'a str,
    /// What the product is made of: name and description.
    pub(in crate::sandbox) items: &'a [(String, String)],
    pub(in crate::sandbox) facts: Vec<(&'a str, String)>,
    /// Where the buttons lead: `{action}/{verb}`.
    pub(in crate::sandbox) action: String,
    /// The ways to pay: id and name.
    pub(in crate::sandbox) channels: Vec<(&'a str, &'a str)>,
    pub(in crate::sandbox) buttons: Vec<Button>,
}

/// One thing that the payer can do.
pub(in crate::sandbox) struct Button {
    verb: &'static str,
    label: String,
    ability: Option<&'static str>,
}

impl Button {
    pub(in crate::sandbox) fn new(verb: &'static str, label: impl Into<String>) -> Self {
        Self {
            verb,
            label: label.into(),
            ability: None,
        }
    }

    /// Posts what the payer chose along.
    pub(in crate::sandbox) fn choice(mut self, ability: &'static str) -> Self {
        self.ability = Some(ability);
        self
    }

    fn html(&self, action: &str) -> Markup {
        let class = if self.verb == "pay" { "main" } else { "side" };
        html! {
            button type="submit" class=(class) formaction=(format!("{action}/{}", self.verb))
                name=[self.ability.map(|_| "ability")] value=[self.ability] {
                (shown(&self.label, TEXT))
            }
        }
    }
}

/// The page.
pub(in crate::sandbox) fn payment(payment: &Payment<'_>) -> Response<Vec<u8>> {
    let card = html! {
        h1 { (payment.title) }
        @for price in &payment.prices {
            p class="price" { (price) }
        }
        (summary(payment))
        // One form for every button: it works without a script, and sending it twice pays once.
        @if !payment.buttons.is_empty() {
            form method="post" {
                (channels(&payment.channels))
                div class="acts" {
                    @for button in &payment.buttons { (button.html(&payment.action)) }
                }
            }
        }
    };
    page(StatusCode::OK, payment.provider, payment.title, &card)
}

fn summary(payment: &Payment<'_>) -> Markup {
    let more = payment.items.len().saturating_sub(ITEMS);
    html! {
        section aria-labelledby="what" {
            h2 id="what" { (shown(payment.product, TEXT)) }
            @if !payment.description.is_empty() {
                p class="soft" { (shown(payment.description, TEXT)) }
            }
            @if !payment.items.is_empty() {
                ul {
                    @for (name, about) in payment.items.iter().take(ITEMS) {
                        li {
                            (shown(name, ITEM_TEXT))
                            @if !about.is_empty() {
                                br;
                                span class="soft" { (shown(about, ITEM_TEXT)) }
                            }
                        }
                    }
                    @if more > 0 { li { "and " (more) " more" } }
                }
            }
            dl {
                @for (label, fact) in &payment.facts {
                    dt { (label) }
                    dd { (shown(fact, TEXT)) }
                }
            }
        }
    }
}

fn channels(channels: &[(&str, &str)]) -> Markup {
    html! {
        @if !channels.is_empty() {
            fieldset {
                legend { "Pay with" }
                @for (index, (id, name)) in channels.iter().enumerate() {
                    label class="choice" {
                        input type="radio" name="channel_id" value=(shown(id, TEXT)) checked[index == 0];
                        " " (shown(name, TEXT))
                    }
                }
            }
        }
    }
}
