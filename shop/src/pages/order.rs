//! One order: how it stands, and for developers why.

use maud::{Markup, html};
use sanspay_core::checkout::{Ability, Status};

use super::{Follows, layout, shortened};
use crate::checks::CHECKS;
use crate::store::{Message, OrderRow};

/// How many messages the drawer shows.
const MESSAGES: usize = 4;

/// How much of a signed text is shown.
const TEXT: usize = 2500;

/// How it stands: class, heading, and a sentence.
fn state(order: &OrderRow) -> (&'static str, &'static str, &'static str) {
    match (order.status, order.returned) {
        (Status::CheckoutSucceed, _) => (
            "good",
            "Paid",
            "The provider’s notification arrived and passed every check.",
        ),
        (Status::SubscriptionChargeSucceed, _) => (
            "good",
            "Subscribed",
            "The provider’s notification arrived and passed every check.",
        ),
        // Perhaps after an attempt that failed.
        (_, Some(said)) if said.is_success() => (
            "wait",
            "Nearly there",
            "You are back from the checkout. The order counts as paid once the provider’s notification says so.",
        ),
        (Status::CheckoutFail | Status::SubscriptionChargeFail, _) => (
            "bad",
            "Declined",
            "Nothing was charged. You can try it again.",
        ),
        (Status::Closed, _) => ("bad", "Closed", "Nothing more will happen to this order."),
        _ => ("wait", "Waiting for payment", "Nothing was charged so far."),
    }
}

/// The page. It follows what happens until the order is paid.
pub(crate) fn page(order: &OrderRow, messages: &[Message], cancelled: bool) -> Markup {
    let (class, heading, sentence) = state(order);
    let open = !order.status.is_success();
    let (whole, cents) = (order.amount_cents / 100, order.amount_cents % 100);
    let each = if order.ability == Ability::Subscribe {
        " every month"
    } else {
        ""
    };
    let main = html! {
        h1 { "Your order" }
        @if cancelled && open { p { "You left the checkout. The order is still here." } }
        div.card {
            div #state role="status" data-live data-open[open] {
                p.state.(class) { (heading) }
                p.soft { (sentence) }
            }
            dl {
                dt { "Order" } dd { code { (order.number) } }
                dt { "For" } dd { (shortened(&order.subject, 300)) }
                dt { "Price" } dd { "USD " (whole) "." (format!("{cents:02}")) (each) }
            }
            div #again data-live {
                @if open {
                    form method="post" action={ "/orders/" (order.number) "/pay" } {
                        button type="submit" { "Go to the checkout" }
                    }
                }
            }
        }
        details #drawer {
            summary { "For developers: what was signed, and what came back" }
            div #inside data-live { (drawer(order, messages)) }
        }
    };
    layout("Your order", Follows::Yes, &main)
}

fn drawer(order: &OrderRow, messages: &[Message]) -> Markup {
    html! {
        h2 { "Out" }
        h3 { "The signed URL" }
        pre { (shortened(&order.url, TEXT)) }
        h3 { "The text that was signed, without the secret" }
        pre { (shortened(&order.signed_text, TEXT)) }
        h2 { "In" }
        @if messages.is_empty() { p.soft { "Nothing so far." } }
        @for message in messages.iter().take(MESSAGES) { (received(message)) }
        @if messages.len() > MESSAGES { p.soft { "And older ones." } }
    }
}

fn received(message: &Message) -> Markup {
    let failed = message.failed_check;
    let what = match (message.kind, failed) {
        ("return", None) => "Browser return: genuine, and no proof",
        ("return", Some(_)) => "Browser return: refused",
        (_, None) => "Notification: accepted",
        (_, Some(_)) => "Notification: refused",
    };
    html! {
        h3 { (what) @if message.times > 1 { " (" (message.times) " times)" } }
        pre { (shortened(&message.raw, 800)) }
        ul.checks {
            @for (index, check) in CHECKS.iter().enumerate() {
                li {
                    @match failed {
                        Some(failed) if failed == index => { strong.bad { "✗ failed" } }
                        Some(failed) if failed < index => { span.soft { "– not reached" } }
                        _ => { strong.good { "✓ passed" } }
                    }
                    span { (check) }
                }
            }
        }
        p { (message.result) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_paid_after_a_declined_attempt_is_not_told_that_nothing_was_charged() {
        let mut order = OrderRow {
            number: "1".into(),
            item: "tea".into(),
            subject: "Tea".into(),
            amount_cents: 1850,
            ability: Ability::Checkout,
            status: Status::CheckoutFail,
            returned: Some(Status::CheckoutFail),
            url: String::new(),
            signed_text: String::new(),
        };
        assert_eq!(state(&order).1, "Declined");
        order.returned = Some(Status::CheckoutSucceed);
        assert_eq!(state(&order).1, "Nearly there");
    }
}
