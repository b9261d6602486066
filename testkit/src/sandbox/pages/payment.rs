//! The page on which a payer pays.

use http::{Response, StatusCode};

use super::html::{Html, shortened};
use super::{Provider, page};

/// How many of a product's parts are listed.
const ITEMS: usize = 10;

/// How many characters of a part's text are shown.
const ITEM_TEXT: usize = 120;

/// How many characters of any other text are shown.
const TEXT: usize = 300;

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

    fn html(&self, action: &str) -> Html {
        let choice = self
            .ability
            .map(|ability| Html::new(" name=\"ability\" value=\"{}\"", &[&ability]));
        let class = if self.verb == "pay" { "main" } else { "side" };
        Html::new(
            "<button type=\"submit\" class=\"{}\" formaction=\"{}/{}\"{}>{}</button>\n",
            &[
                &class,
                &action,
                &self.verb,
                &choice.unwrap_or_default(),
                &self.label,
            ],
        )
    }
}

/// The page.
pub(in crate::sandbox) fn payment(payment: &Payment<'_>) -> Response<Vec<u8>> {
    let prices: Html = payment
        .prices
        .iter()
        .map(|price: &String| Html::new("<p class=\"price\">{}</p>\n", &[price]))
        .collect();
    let card = Html::new(
        "<h1>{}</h1>\n{}{}{}",
        &[&payment.title, &prices, &summary(payment), &form(payment)],
    );
    page(StatusCode::OK, payment.provider, payment.title, &card)
}

fn summary(payment: &Payment<'_>) -> Html {
    let text = |text: &str| shortened(text, TEXT);
    let description = optional("<p class=\"soft\">{}</p>\n", &text(payment.description));
    let items: Html = payment
        .items
        .iter()
        .take(ITEMS)
        .map(|(name, about): &(String, String)| {
            let about = shortened(about, ITEM_TEXT);
            let about = optional("<br><span class=\"soft\">{}</span>", &about);
            Html::new("<li>{}{}</li>\n", &[&shortened(name, ITEM_TEXT), &about])
        })
        .collect();
    let more = payment.items.len().saturating_sub(ITEMS);
    let more = match more {
        0 => Html::default(),
        more => Html::new("<li>and {} more</li>\n", &[&more.to_string()]),
    };
    let list = if items.is_empty() {
        items
    } else {
        Html::new("<ul>\n{}{}</ul>\n", &[&items, &more])
    };
    let facts: Html = payment
        .facts
        .iter()
        .map(|(label, fact): &(&str, String)| {
            Html::new("<dt>{}</dt><dd>{}</dd>\n", &[label, &text(fact)])
        })
        .collect();
    Html::new(
        "<section aria-labelledby=\"what\">\n<h2 id=\"what\">{}</h2>\n{}{}<dl>\n{}</dl>\n</section>\n",
        &[&text(payment.product), &description, &list, &facts],
    )
}

fn optional(template: &'static str, text: &str) -> Html {
    if text.is_empty() {
        Html::default()
    } else {
        Html::new(template, &[&text])
    }
}

/// One form for every button: it works without a script, and sending it twice pays once.
fn form(payment: &Payment<'_>) -> Html {
    if payment.buttons.is_empty() {
        return Html::default();
    }
    let channels: Html = payment.channels.iter().enumerate().map(|(index, (id, name)): (usize, &(&str, &str))| {
        let checked = if index == 0 { " checked" } else { "" };
        Html::new(
            "<label class=\"choice\"><input type=\"radio\" name=\"channel_id\" value=\"{}\"{}> {}</label>\n",
            &[id, &checked, name],
        )
    }).collect();
    let channels = if channels.is_empty() {
        channels
    } else {
        Html::new(
            "<fieldset>\n<legend>Pay with</legend>\n{}</fieldset>\n",
            &[&channels],
        )
    };
    let buttons = payment.buttons.iter();
    let buttons: Html = buttons.map(|button| button.html(&payment.action)).collect();
    Html::new(
        "<form method=\"post\">\n{}<div class=\"acts\">\n{}</div>\n</form>\n",
        &[&channels, &buttons],
    )
}
