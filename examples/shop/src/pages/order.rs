//! One order: how it stands, and for developers why.

use maud::{Markup, html};
use sanspay_core::checkout::{Source, Status};

use super::{Follows, layout, shortened};
use crate::checks::{CHECKS, SIGNATURE};
use crate::store::{Message, OrderRow, PaymentRow};

/// How many messages the drawer shows.
const MESSAGES: usize = 4;

/// How much of a signed text is shown.
const TEXT: usize = 2500;

/// How many further payments are named.
const PAYMENTS: usize = 5;

/// How it stands: class, heading, and a sentence.
fn state(order: &OrderRow, payments: &[PaymentRow]) -> (&'static str, &'static str, &'static str) {
    let told = match payments.first() {
        Some(first) if first.returned && first.notified => {
            "The provider’s notification and your browser’s return say so, and passed every check."
        }
        Some(first) if first.returned => {
            "Your browser’s return says so, signed by the provider, and passed every check."
        }
        _ => "The provider’s notification says so, and passed every check.",
    };
    match order.status {
        Status::CheckoutSucceed => ("good", "Paid", told),
        Status::SubscriptionChargeSucceed => ("good", "Subscribed", told),
        Status::CheckoutFail | Status::SubscriptionChargeFail => {
            ("bad", "Declined", "You can try it again.")
        }
        Status::Closed => ("bad", "Closed", "Nothing more will happen to this order."),
        _ => (
            "wait",
            "Waiting for payment",
            "No message of the provider says so far that it is paid.",
        ),
    }
}

/// What a person has to look into: a second payment, and what may be a renewal.
fn notes(payments: &[PaymentRow]) -> Markup {
    let further = payments.get(1..).unwrap_or_default();
    let again: u64 = payments.iter().map(|payment| payment.again).sum();
    html! {
        @if let (Some(first), false) = (payments.first(), further.is_empty()) {
            div.alert {
                p.bad { strong { "Paid more than once" } }
                p {
                    "The order counts as paid by " code { (shortened(&first.trade_no, 40)) }
                    ". Money was also taken under "
                    @for payment in further.iter().take(PAYMENTS) {
                        code { (shortened(&payment.trade_no, 40)) } " "
                    }
                    @if further.len() > PAYMENTS { "and more " }
                    "and has to be paid back. It is delivered once."
                }
            }
        }
        @if again > 0 {
            div.alert {
                p.wait { strong { "Possibly renewed" } }
                p {
                    "The provider said " (again) " more " (if again == 1 { "time" } else { "times" })
                    " that a period was charged. That is a renewal, or the same message again: "
                    "it counts once the provider’s own records show it."
                }
            }
        }
    }
}

/// A message that is signed and yet refused: an attack, or a payment that the provider tells wrongly.
fn unfit(messages: &[Message]) -> Markup {
    let signed = |message: &Message| message.failed_check > Some(SIGNATURE);
    html! {
        @if messages.iter().any(signed) {
            div.alert {
                p.wait { strong { "Being looked into" } }
                p {
                    "The provider signed a message about this order that does not fit it. "
                    "If you have paid, do not pay again."
                }
            }
        }
    }
}

/// The page. It follows what happens, also after the order is paid.
pub(crate) fn page(
    order: &OrderRow,
    payments: &[PaymentRow],
    messages: &[Message],
    cancelled: bool,
) -> Markup {
    let (class, heading, sentence) = state(order, payments);
    let open = !order.status.is_success();
    let price = order.price().map(|price| order.offer.text(price));
    let main = html! {
        h1 { "Your order" }
        @if cancelled && open { p { "You left the checkout. The order is still here." } }
        div.card {
            div #state role="status" data-live {
                p.state.(class) { (heading) }
                p.soft { (sentence) }
                (notes(payments))
                @if open { (unfit(messages)) }
            }
            dl {
                dt { "Order" } dd { code { (order.number) } }
                dt { "For" } dd { (shortened(&order.subject, 300)) }
                dt { "Price" } dd { (price.unwrap_or_default()) }
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
        p.soft {
            "The browser’s return is evidence of the notification’s rank, verified by the same rules "
            "and acted on; it may never come, or come twice."
        }
        @if messages.is_empty() { p.soft { "Nothing so far." } }
        @for message in messages.iter().take(MESSAGES) { (received(message)) }
        @if messages.len() > MESSAGES { p.soft { "And older ones." } }
    }
}

fn received(message: &Message) -> Markup {
    let failed = message.failed_check;
    let what = match (message.source, failed) {
        (Source::BrowserReturn, None) => "Browser return: accepted",
        (Source::BrowserReturn, Some(_)) => "Browser return: refused",
        (Source::Notification, None) => "Notification: accepted",
        (Source::Notification, Some(_)) => "Notification: refused",
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
        @if message.last != message.result { p { "The last time: " (message.last) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Offer;

    fn paid(trade_no: &str) -> PaymentRow {
        PaymentRow {
            trade_no: trade_no.into(),
            returned: true,
            notified: false,
            again: 0,
        }
    }

    #[test]
    fn a_second_payment_and_a_possible_renewal_are_shown_and_nothing_else_is_noted() {
        assert_eq!(notes(&[]).0, "");
        assert_eq!(notes(&[paid("1")]).0, "");
        let twice = notes(&[paid("1"), paid("2")]).0;
        assert!(twice.contains("Paid more than once") && twice.contains("<code>2</code>"));
        let again = PaymentRow {
            again: 1,
            ..paid("1")
        };
        let again = notes(&[again]).0;
        assert!(again.contains("Possibly renewed") && again.contains("said 1 more time "));
    }

    #[test]
    fn the_page_says_which_message_told_of_the_payment() {
        let order = OrderRow {
            number: "1".into(),
            item: "tea".into(),
            subject: "Tea".into(),
            amount_cents: 1850,
            offer: Offer::Once,
            status: Status::CheckoutSucceed,
            url: String::new(),
            signed_text: String::new(),
        };
        let notified = PaymentRow {
            notified: true,
            ..paid("1")
        };
        for (payments, told) in [
            ([paid("1")], "Your browser’s return says so"),
            ([notified], "notification and your browser’s return"),
        ] {
            assert!(state(&order, &payments).2.contains(told));
        }
    }
}
