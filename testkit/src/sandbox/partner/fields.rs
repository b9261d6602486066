//! Reads the fields of a request one by one and notes what is wrong with each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use http::{StatusCode, Uri};
use serde_json::{Map, Value, json};

use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::clock::read_rfc3339;

/// The most characters of a text (grade A).
const LONGEST_TEXT: usize = 255;

/// The most characters of a URL (grade A).
const LONGEST_URL: usize = 2048;

/// The fields of one JSON object.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    asked: BTreeSet<&'static str>,
    errors: BTreeMap<String, Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(object: &'a Map<String, Value>) -> Self {
        Self {
            object,
            asked: BTreeSet::new(),
            errors: BTreeMap::new(),
        }
    }

    pub(super) fn refuse(&mut self, name: &str, message: &'static str) {
        self.errors.entry(name.into()).or_default().push(message);
    }

    /// The value, unless it is absent or null, which is the same here. Where the document gives
    /// no form for a field, any value will do.
    pub(super) fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.insert(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        self.bounded(
            name,
            LONGEST_TEXT,
            "The field must not be longer than 255 characters.",
        )
    }

    fn bounded(
        &mut self,
        name: &'static str,
        most: usize,
        too_long: &'static str,
    ) -> Option<&'a str> {
        let text = self.value(name)?.as_str().filter(|text| !text.is_empty());
        match text {
            Some(text) if text.chars().count() <= most => return Some(text),
            Some(_) => self.refuse(name, too_long),
            None => self.refuse(name, "The field must be a text that is not empty."),
        }
        None
    }

    pub(super) fn required_text(&mut self, name: &'static str) -> Option<&'a str> {
        self.require(name);
        self.text(name)
    }

    pub(super) fn require(&mut self, name: &'static str) {
        if self.value(name).is_none() {
            self.refuse(name, "The field is required.");
        }
    }

    /// A decimal string above zero, read here and not by the client's own type, so that the two
    /// check each other.
    pub(super) fn amount(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.required_text(name)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !digits(whole) || !digits(fraction) || leading_zero {
            self.refuse(name, "The field must be a decimal string such as 10.00.");
        } else if fraction.len() > 4 || whole.len() > 14 {
            self.refuse(name, "The field has too many digits.");
        } else if text.bytes().all(|b| matches!(b, b'0' | b'.')) {
            self.refuse(name, "The field must be more than zero.");
        } else {
            return Some(text);
        }
        None
    }

    pub(super) fn currency(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.required_text(name)?;
        if is_currency(text) {
            return Some(text);
        }
        self.refuse(name, "The field must be an ISO 4217 code such as USD.");
        None
    }

    pub(super) fn url(&mut self, name: &'static str) -> Option<&'a str> {
        let too_long = "The field must not be longer than 2048 characters.";
        let text = self.bounded(name, LONGEST_URL, too_long)?;
        let uri = text.parse::<Uri>().ok();
        if uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
            return Some(text);
        }
        self.refuse(name, "The field must be an absolute http or https URL.");
        None
    }

    pub(super) fn future_time(
        &mut self,
        name: &'static str,
        now: SystemTime,
    ) -> Option<SystemTime> {
        let text = self.text(name)?;
        let Some(time) = read_rfc3339(text) else {
            self.refuse(name, "The field must be a date and time (RFC 3339).");
            return None;
        };
        if time <= now {
            self.refuse(name, "The field must be in the future.");
        }
        Some(time)
    }

    /// # Errors
    /// The 422 that lists what is wrong; a field that nobody asked for is wrong too, because a
    /// misspelled one would otherwise be lost in silence.
    pub(super) fn finish(mut self) -> Result<(), Refusal> {
        for name in self.object.keys() {
            if !self.asked.contains(name.as_str()) {
                let errors = self.errors.entry(name.clone()).or_default();
                errors.push("The field is not known.");
            }
        }
        invalid(&self.errors)
    }
}

/// # Errors
/// The 422 that lists the errors, if there are any.
pub(super) fn invalid(errors: &BTreeMap<String, Vec<&'static str>>) -> Result<(), Refusal> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(Box::new(answer::json(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({
            "message": "The given data was invalid.",
            "code": "validation_failed",
            "errors": errors,
        }),
    )))
}

/// Whether the text has the form of an ISO 4217 code.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Reads the body as one JSON object.
///
/// # Errors
/// 415 when it is not declared as JSON, 400 when it is none.
pub(super) fn read_object(request: &http::Request<Vec<u8>>) -> Result<Map<String, Value>, Refusal> {
    let declared = request.headers().get(http::header::CONTENT_TYPE);
    let declared = declared.and_then(|value| value.to_str().ok());
    let essence = declared.map(|value| value.split(';').next().unwrap_or_default().trim());
    if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Err(answer::refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/json.",
        ));
    }
    serde_json::from_slice(request.body()).map_err(|_| {
        answer::refusal(
            StatusCode::BAD_REQUEST,
            "malformed_json",
            "The body is not a JSON object.",
        )
    })
}
