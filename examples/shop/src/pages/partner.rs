//! The partner API at work: two forms, the list, and the webhooks as they come in.

use maud::{Markup, html};
use sanspay_core::partner::Record;

use super::{Follows, layout, shortened};
use crate::partner::{Filter, Ledger};
use crate::store::Event;

pub(super) const TITLE: &str = "Partner API";

const CURRENCIES: [&str; 3] = ["USD", "EUR", "CNY"];

/// The page. It always follows what happens.
pub(crate) fn page(
    filter: &Filter,
    records: &[(Ledger, Record)],
    last_page: Option<u64>,
    feed: &[Event],
    problem: Option<&str>,
) -> Markup {
    let main = html! {
        h1 { (TITLE) }
        p.soft { "Payments, payouts and webhooks of the other provider, Qiaopay." }
        @if let Some(problem) = problem { p.alert role="alert" { (shortened(problem, 400)) } }
        div.forms { (payment_form()) (payout_form()) }
        section.card aria-labelledby="records" {
            h2 #records { "Payments and payouts" }
            (filters(filter))
            div #list data-live { (table(filter, records, last_page)) }
        }
        section.card aria-labelledby="webhooks" {
            h2 #webhooks { "Webhooks, live" }
            p.soft { "A webhook is a claim until its record was fetched with the shop’s own token, and pays nothing that it does not match." }
            div #feed role="log" aria-labelledby="webhooks" data-live { (events(feed)) }
        }
    };
    layout(TITLE, Follows::Yes, &main)
}

fn money(prefix: &str, amount: &str) -> Markup {
    html! {
        div.row {
            div {
                label for={ (prefix) "-amount" } { "Amount" }
                input id={ (prefix) "-amount" } name="amount" value=(amount) inputmode="decimal"
                    pattern="[0-9]{1,9}(\\.[0-9]{1,2})?" title="A decimal such as 12.50" required;
            }
            div {
                label for={ (prefix) "-currency" } { "Currency" }
                select id={ (prefix) "-currency" } name="currency" {
                    @for code in CURRENCIES { option { (code) } }
                }
            }
        }
    }
}

fn payment_form() -> Markup {
    html! {
        form.card method="post" action="/partner/payments" {
            h2 { "Create a payment" }
            (money("pay", "12.50"))
            label for="description" { "Description" }
            input #description name="description" value="Tea tasting" maxlength="200";
            button type="submit" { "Create payment" }
        }
    }
}

fn payout_form() -> Markup {
    html! {
        form.card method="post" action="/partner/payouts" {
            h2 { "Request a payout" }
            (money("out", "40.00"))
            label for="iban" { "To the account (IBAN)" }
            input #iban name="iban" value="DE89370400440532013000" maxlength="34" required;
            button type="submit" { "Request payout" }
        }
    }
}

fn choice(name: &str, label: &str, options: &[&str], chosen: &str) -> Markup {
    html! {
        div {
            label for={ "by-" (name) } { (label) }
            select id={ "by-" (name) } name=(name) {
                option value="" { "Any" }
                @for option in options { option selected[*option == chosen] { (option) } }
            }
        }
    }
}

fn filters(filter: &Filter) -> Markup {
    html! {
        form.row method="get" action="/partner" {
            (choice("status", "Status", &["created", "paid", "failed", "expired"], &filter.status))
            (choice("type", "Type", &["payment", "payout"], &filter.r#type))
            (choice("currency", "Currency", &CURRENCIES, &filter.currency))
            div {
                label for="by-reference" { "Reference" }
                input #by-reference name="reference" value=(shortened(&filter.reference, 255)) maxlength="255";
            }
            button type="submit" { "Filter" }
        }
    }
}

fn table(filter: &Filter, records: &[(Ledger, Record)], last_page: Option<u64>) -> Markup {
    if records.is_empty() {
        return html! { p.soft { "There are none." } };
    }
    let page = filter.page_number();
    let last = last_page.unwrap_or(page);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table of payments and payouts" {
            table {
                thead { tr {
                    th scope="col" { "Type" } th scope="col" { "Reference" } th scope="col" { "Amount" }
                    th scope="col" { "Status" } th scope="col" { "Our ledger" }
                    th scope="col" { "Payer’s page" }
                } }
                tbody { @for (ledger, record) in records { (row(*ledger, record)) } }
            }
        }
        nav aria-label="Pages" {
            @if page > 1 { a rel="prev" href=(page_link(filter, page - 1)) { "Previous page" } }
            span { "Page " (page) " of " (last) }
            @if page < last { a rel="next" href=(page_link(filter, page + 1)) { "Next page" } }
        }
    }
}

fn page_link(filter: &Filter, page: u64) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("status", &filter.status)
        .append_pair("type", &filter.r#type)
        .append_pair("currency", &filter.currency)
        .append_pair("reference", &filter.reference)
        .append_pair("page", &page.to_string())
        .finish();
    format!("/partner?{query}")
}

fn row(ledger: Ledger, record: &Record) -> Markup {
    let open = !record.status().is_final();
    // A link of the provider, but only one that a browser opens as a page.
    let link = record
        .checkout_url()
        .filter(|url| open && url.starts_with("http"));
    let reference = shortened(record.reference().unwrap_or_default(), 60);
    let (class_of_ledger, ledger) = match ledger {
        Ledger::Foreign => ("soft", "Not ours"),
        Ledger::Open => ("wait", "Open"),
        Ledger::Paid => ("good", "Paid"),
    };
    html! {
        tr {
            td { (record.record_type().map(ToString::to_string).unwrap_or_default()) }
            td { code { (reference) } }
            td { (record.currency()) " " (record.amount()) }
            td { strong.(class(record.status().as_str())) { (record.status()) } }
            td { span.(class_of_ledger) { (ledger) } }
            td { @if let Some(link) = link { a href=(link) aria-label={ "Open the page of " (reference) } { "Open" } } @else { "–" } }
        }
    }
}

fn class(state: &str) -> &'static str {
    match state {
        "paid" | "confirmed" => "good",
        "failed" | "expired" | "refused" | "mismatch" | "paid twice" => "bad",
        _ => "wait",
    }
}

fn events(feed: &[Event]) -> Markup {
    html! {
        @if feed.is_empty() { p.soft { "None so far." } }
        ul.feed {
            @for event in feed {
                li {
                    strong.(class(&event.state)) { (event.state) }
                    span { "claims " code { (shortened(&event.claim, 40)) } }
                    span { "of " code { (shortened(&event.record, 40)) } }
                    @if !event.found.is_empty() { span { "found: " (shortened(&event.found, 120)) } }
                }
            }
        }
    }
}
