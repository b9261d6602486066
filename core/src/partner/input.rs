//! What the operations that create something check before anything is sent.

use std::fmt;

use http::{HeaderValue, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{Error, Problems};
use crate::money::{Amount, Currency};
use crate::profile::{MoneyForm, Places, SentAmount, SentTime};
use crate::wire::Api;

/// The most characters of a reference, key or description, and of a URL, in bytes. The provider
/// documents no bound; these are the usual ones of a database column and of a browser.
const MAX_TEXT: usize = 255;
const MAX_URL: usize = 2048;

/// JSON given by the user; never printed. An error of its serializer is reported with all other
/// problems when the request is built.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Json(Option<Box<RawValue>>);

impl Json {
    pub(super) fn new(value: &(impl Serialize + ?Sized)) -> Self {
        Self(serde_json::value::to_raw_value(value).ok())
    }

    pub(super) fn check(&self, problems: &mut Problems, field: &'static str) {
        match self.0.as_deref().map(RawValue::get) {
            None => problems.add(field, "cannot be written as JSON"),
            Some("null") => problems.add(field, "must not be null"),
            Some(_) => {}
        }
    }

    /// The same text for the same data, in whatever order a map gives its fields.
    pub(super) fn canonical(&self) -> String {
        match serde_json::from_str::<serde_json::Value>(self.text()) {
            Ok(mut value) => {
                value.sort_all_objects();
                value.to_string()
            }
            // Such as a number that no `Value` holds.
            Err(_) => self.text().to_owned(),
        }
    }

    pub(super) fn text(&self) -> &str {
        self.0.as_deref().map_or("null", RawValue::get)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(redacted)")
    }
}

/// The value of one field of a request.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Sent<'a> {
    Text(&'a str),
    Amount(SentAmount),
    Currency(&'a Currency),
    Json(&'a Json),
    Time(SentTime),
}

/// Notes each field that is given and that the provider, by its profile, does not take.
pub(super) fn check_taken(
    problems: &mut Problems,
    places: &Places,
    given: &[(&'static str, bool)],
) {
    for (field, is_given) in given {
        problems.require(
            !is_given || places.has(field),
            *field,
            "is not taken by this provider: its profile gives it no place",
        );
    }
}

/// A text that comes back as it was sent: servers commonly trim, and a reference that was
/// trimmed is not found again.
pub(super) fn check_text(problems: &mut Problems, field: &'static str, text: &str) {
    problems.require(!text.is_empty(), field, "must not be empty");
    problems.require(
        text.chars().count() <= MAX_TEXT,
        field,
        "must not be longer than 255 characters",
    );
    problems.require(
        !text.chars().any(char::is_control),
        field,
        "must not hold control characters",
    );
    problems.require(
        text.trim() == text,
        field,
        "must not begin or end with a space",
    );
}

pub(super) fn check_money(
    problems: &mut Problems,
    amount: Amount,
    currency: &Currency,
    form: &MoneyForm,
) {
    problems.require(!amount.is_zero(), "amount", "must be more than zero");
    match Some(currency)
        .filter(|c| c.is_code())
        .and_then(|c| form.decimals(c))
    {
        None => problems.add("currency", "must be a code of three capital letters"),
        Some(decimals) => problems.require(
            amount.decimals() <= decimals,
            "amount",
            format!("must not have more decimals than the currency, which has {decimals}"),
        ),
    }
}

pub(super) fn check_url(problems: &mut Problems, field: &'static str, url: &str) {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let absolute = url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri
                .authority()
                .is_some_and(|a| !a.host().is_empty() && !a.as_str().contains('@'))
    });
    problems.require(
        plain && absolute,
        field,
        "must be an absolute http or https URL without user information",
    );
    problems.require(
        url.len() <= MAX_URL,
        field,
        "must not be longer than 2048 characters",
    );
}

/// What is encoded of a reference in a header: what cannot be seen, and `%`, so that no two
/// references share a key.
const HIDDEN: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// The idempotency key: the user's own, or one that follows from operation and reference, so that
/// it is the same for every attempt, after a restart too.
pub(super) fn idempotency_key(
    problems: &mut Problems,
    own: Option<&str>,
    operation: &str,
    reference: &str,
) -> HeaderValue {
    let key = match own {
        Some(key) => {
            problems.require(
                !key.is_empty()
                    && key.len() <= MAX_TEXT
                    && key.bytes().all(|byte| byte.is_ascii_graphic()),
                "idempotency_key",
                "must be 1 to 255 visible ASCII characters",
            );
            key.to_owned()
        }
        None => format!("{operation}-{}", utf8_percent_encode(reference, HIDDEN)),
    };
    // An own key that fits no header was reported above.
    HeaderValue::try_from(key).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The request that creates something, unless there are problems.
pub(super) fn post(
    operation: &'static str,
    api: &Api,
    route: &str,
    body: Vec<u8>,
    key: HeaderValue,
    problems: Problems,
) -> Result<Request<Vec<u8>>, Error> {
    problems.into_result(operation)?;
    let mut request = api.request(operation, Method::POST, route, &[], Some(body))?;
    let header = api.wire().idempotency_key_header.clone();
    request.headers_mut().insert(header, key);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(reference: &str) -> HeaderValue {
        idempotency_key(&mut Problems::new(), None, "payment", reference)
    }

    #[test]
    fn the_default_key_names_operation_and_reference() {
        assert_eq!(key("order-1/a"), "payment-order-1/a");
        assert_eq!(key("a b%é"), "payment-a%20b%25%C3%A9");
    }

    #[test]
    fn urls_are_absolute_and_carry_no_password() {
        let fine = |url: &str| {
            let mut problems = Problems::new();
            check_url(&mut problems, "return_url", url);
            problems.is_empty()
        };
        assert!(fine("https://shop.example/a?b=c#d") && fine("http://127.0.0.1:8080"));
        let long = format!("https://h/{}", "x".repeat(2048));
        for url in [
            "",
            "/x",
            "shop.example",
            "ftp://h/x",
            "javascript:alert(1)",
            "https://u:p@h/",
            "https://h/a b",
            "https://h/é",
            &long,
        ] {
            assert!(!fine(url), "{url}");
        }
    }

    proptest! {
        #[test]
        fn two_references_never_share_a_key(a in "\\PC{1,8}", b in "\\PC{1,8}|[%0-9A-F ]{1,6}") {
            prop_assert_eq!(key(&a) == key(&b), a == b);
            prop_assert!(key(&a).to_str().is_ok());
        }
    }
}
