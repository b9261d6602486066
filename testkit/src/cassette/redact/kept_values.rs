//! What is kept: the names of the known forms, and what may stand under each.

use http::StatusCode;

/// What may be written of a field's value. Anything else in it becomes a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Hidden,
    /// One of [`WORDS`].
    Word,
    /// One of them, or a number of up to three digits, as an HTTP status has.
    Status,
    /// A decimal number such as `-10.00`.
    Amount,
    /// An amount with decimals: without, many things are called a value.
    Price,
    /// Three letters.
    Currency,
    /// A whole number of up to nine digits.
    Count,
    /// A whole number of up to five digits.
    Position,
    /// A point in time, moved to the beginning of the cassette.
    Time,
    /// The same as seconds or milliseconds since 1970.
    UnixTime,
    /// A link, with its origin taken out and its path and query redacted.
    Link,
    /// A token, of which the expiry is kept.
    Token,
    /// Nothing; its placeholder has letters, digits and a dash only, as ids of the checkout do.
    PlainId,
}

/// The fields of both protocols, of the usual paginators and of the usual forms of errors. A name
/// that is not here is not written either.
pub(super) fn form(name: &str) -> Option<Form> {
    Some(match name {
        "ability" | "category" | "code" | "env" | "error" | "event" | "failure_reason"
        | "grant_type" | "interval_unit" | "kind" | "state" | "tenure_type" | "token_type"
        | "type" => Form::Word,
        "amount" | "total_amount" => Form::Amount,
        "status" => Form::Status,
        "value" => Form::Price,
        "from" | "has_more" | "has_next" | "next_page" | "to" => Form::Position,
        "currency" | "currency_code" => Form::Currency,
        "channel_id" | "count" | "current_page" | "expires_in" | "interval_count" | "last_page"
        | "limit" | "offset" | "page" | "page_count" | "page_size" | "per_page" | "sequence"
        | "total" | "total_count" | "total_cycles" | "total_pages" => Form::Count,
        "created_at" | "created_from" | "created_to" | "expires_at" | "paid_at"
        | "request_time" | "updated_at" => Form::Time,
        "checkout_url" | "first" | "first_page_url" | "href" | "last" | "last_page_url"
        | "location" | "next" | "next_page_url" | "path" | "prev" | "prev_page_url"
        | "previous" | "url" => Form::Link,
        "access_token" | "authorization" | "token" => Form::Token,
        "api_trade_no" | "app_id" | "customer_id" | "out_trade_no" | "subscription_id"
        | "trade_no" => Form::PlainId,
        _ if HIDDEN.contains(&name) => Form::Hidden,
        _ => return None,
    })
}

/// Names that are written, with values that are not.
const HIDDEN: &[&str] = &[
    "active",
    "address",
    "area_code",
    "auto_bill_outstanding",
    "bank_name",
    "beneficiary",
    "bic",
    "billing_cycles",
    "body",
    "cancel_url",
    "channel",
    "city",
    "country",
    "cursor",
    "cursors",
    "customer",
    "data",
    "description",
    "detail",
    "email",
    "error_description",
    "errors",
    "field",
    "first_name",
    "fixed_price",
    "frequency",
    "iban",
    "id",
    "idempotency_key",
    "image_url",
    "instance",
    "items",
    "key_id",
    "key_secret",
    "label",
    "last_name",
    "link",
    "links",
    "list",
    "message",
    "meta",
    "metadata",
    "more",
    "name",
    "next_cursor",
    "next_page_token",
    "next_token",
    "notify_url",
    "page_token",
    "pagination",
    "paging",
    "payment_preferences",
    "phone",
    "plan",
    "prev_cursor",
    "pricing_scheme",
    "product",
    "reference",
    "request_id",
    "return_url",
    "self",
    "sign",
    "subject",
    "success",
    "title",
    "warning",
    "warnings",
];

/// The words that the two protocols say, and the names of the usual errors.
const WORDS: &[&str] = &[
    // Partner API: types, statuses, events.
    "payment",
    "payout",
    "created",
    "paid",
    "failed",
    "expired",
    "payment.created",
    "payment.paid",
    "payment.failed",
    "payment.expired",
    "payout.created",
    "payout.paid",
    "payout.failed",
    "payout.expired",
    // Whole answers.
    "ok",
    "success",
    // Tokens.
    "Bearer",
    "bearer",
    "client_credentials",
    // Kinds of errors.
    "bad_request",
    "conflict",
    "duplicate_reference",
    "forbidden",
    "idempotency_key_reused",
    "insufficient_funds",
    "insufficient_scope",
    "internal_error",
    "invalid_client",
    "invalid_credentials",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "malformed_json",
    "method_not_allowed",
    "not_found",
    "overloaded",
    "rate_limited",
    "record_not_found",
    "refused",
    "route_not_found",
    "server_error",
    "service_unavailable",
    "token_expired",
    "token_invalid",
    "token_missing",
    "token_revoked",
    "too_many_requests",
    "unauthenticated",
    "unauthorized",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_media_type",
    "validation_error",
    "validation_failed",
    // Hosted checkout.
    "production",
    "sandbox",
    "checkout",
    "subscribe",
    "PHYSICAL",
    "DIGITAL",
    "SERVICE",
    "ACTIVE",
    "INACTIVE",
    "CREATED",
    "REGULAR",
    "TRIAL",
    "day",
    "week",
    "month",
    "year",
    "DAY",
    "WEEK",
    "MONTH",
    "YEAR",
    "CHECKOUT_SUCCEED",
    "CHECKOUT_FAIL",
    "SUBSCRIPTION_WAIT_REMIND",
    "SUBSCRIPTION_WAIT_CHARGE",
    "SUBSCRIPTION_CHARGE_SUCCEED",
    "SUBSCRIPTION_CHARGE_FAIL",
    "CLOSED",
];

/// Parts of the paths of both protocols, and of a merchant's own routes for them.
const SEGMENTS: &[&str] = &[
    "api", "auth", "checkout", "hooks", "notify", "oauth", "partner", "pay", "payments", "payouts",
    "return", "sandbox", "token", "v1", "v2", "webhook", "webhooks",
];

/// Parts of `Content-Type` and `Accept`.
const MEDIA_TYPES: &[&str] = &[
    "*/*",
    "application/json",
    "application/octet-stream",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "charset=utf-8",
    "charset=UTF-8",
    "text/html",
    "text/plain",
];

/// What a merchant answers to a notification.
const ANSWERS: &[&str] = &["succeed", "fail", "ok", "OK"];

/// Titles of NGINX's own pages that are no reason phrase of their status.
const TITLES: &[&str] = &[
    "400 No required SSL certificate was sent",
    "400 The SSL certificate error",
    "400 The plain HTTP request was sent to HTTPS port",
    "408 Request Time-out",
    "413 Request Entity Too Large",
    "414 Request-URI Too Large",
    "503 Service Temporarily Unavailable",
    "504 Gateway Time-out",
];

impl Form {
    /// Whether a value has the form, as far as a look at it tells.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::Word => WORDS.contains(&text),
            Self::Status => WORDS.contains(&text) || is_digits(text, 3),
            Self::Amount => is_amount(text),
            Self::Price => text.contains('.') && is_amount(text),
            Self::Currency => text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()),
            Self::Count => is_digits(text, 9),
            Self::Position => is_digits(text, 5),
            Self::Hidden
            | Self::Time
            | Self::UnixTime
            | Self::Link
            | Self::Token
            | Self::PlainId => false,
        }
    }

    /// Whether one of the words that the protocols list may stand there.
    pub(super) fn is_of_words(self) -> bool {
        matches!(self, Self::Word | Self::Status)
    }
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Shorter than any card number.
fn is_amount(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    is_digits(whole.strip_prefix('-').unwrap_or(whole), 9) && is_digits(fraction, 3)
}

/// Whether a value of `Retry-After` is a number of seconds.
pub(super) fn is_seconds(text: &str) -> bool {
    is_digits(text, 9)
}

pub(super) fn is_segment(segment: &str) -> bool {
    segment.is_empty() || SEGMENTS.contains(&segment)
}

pub(super) fn is_media_type(text: &str) -> bool {
    text.split([',', ';'])
        .all(|part| MEDIA_TYPES.contains(&part.trim()))
}

/// What a body says that is neither JSON nor a form: a merchant's answer, white space, or the
/// title of a gateway's page. Any other is not written.
pub(in super::super) fn known_text(text: &str) -> Option<String> {
    if ANSWERS.contains(&text) {
        return Some(text.to_owned());
    }
    if text.trim().is_empty() {
        return Some(" ".repeat(text.len()));
    }
    let (_, rest) = text.split_once("<title>")?;
    let title = rest.split_once("</title>")?.0.trim();
    (TITLES.contains(&title) || is_reason(title)).then(|| format!("<title>{title}</title>"))
}

/// Whether it is a status with its usual reason, such as `502 Bad Gateway`.
fn is_reason(title: &str) -> bool {
    title.split_once(' ').is_some_and(|(code, reason)| {
        let status: Result<StatusCode, _> = code.parse();
        status.is_ok_and(|status| status.canonical_reason() == Some(reason))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_only_in_the_form_of_its_field() {
        for (name, kept, hidden) in [
            ("status", "paid", "Jane"),
            ("event", "payment.paid", "jane.paid"),
            ("amount", "-99999999.99", "4111111111111111"),
            ("value", "9.99", "110000000"),
            ("amount", "0.125", "1.4111111111111111"),
            ("currency", "USD", "USDT"),
            ("page", "2", "0532013000"),
        ] {
            let form = form(name).unwrap();
            assert!(form.fits(kept), "{name} {kept}");
            assert!(!form.fits(hidden), "{name} {hidden}");
        }
        for text in ["", "-", ".", "1.", ".5", "1e9", "+1", "١"] {
            assert!(!Form::Amount.fits(text), "{text}");
        }
    }

    #[test]
    fn of_other_bodies_only_known_titles_and_answers_are_kept() {
        let page = "<html><title> 502 Bad Gateway </title>for jane@mail.example";
        assert_eq!(
            known_text(page).as_deref(),
            Some("<title>502 Bad Gateway</title>")
        );
        assert_eq!(known_text("succeed").as_deref(), Some("succeed"));
        for text in ["succeed ", "<title>Jane</title>", "<title>200 Jane</title>"] {
            assert_eq!(known_text(text), None, "{text}");
        }
    }
}
