//! The body of an error answer, as far as it can be understood.

mod read;

use std::collections::BTreeMap;
use std::fmt;

use read::scalar_text;
use serde::de::IgnoredAny;

use crate::json::{self, Object};
use crate::profile::Places;

/// The body of an answer that is not a success.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorBody {
    /// The partner API's own form (grade A).
    Standard(ApiError),
    /// JSON of another form.
    Json,
    /// Not JSON, such as NGINX's HTML pages; the page's title where it has one.
    NotJson {
        /// The text between `<title>` and `</title>`.
        title: Option<String>,
    },
    /// Nothing at all.
    Empty,
}

/// The partner API's own error (grade A: `{"message","code","errors":{field:[…]}}`), or one in
/// another of the usual forms: `error` as text, object or list, `errors` as a list, OAuth's
/// `error_description`, JSON:API's, and problem details (RFC 9457).
///
/// `Debug` and the error's `Display` show code and field names; the messages may repeat what was
/// sent and are printed by you or not at all.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ApiError {
    message: Option<String>,
    code: Option<String>,
    /// In alphabetical order.
    errors: BTreeMap<String, Vec<String>>,
    /// What else was said, and not about one field.
    others: Vec<String>,
}

impl ApiError {
    /// The server's message for people.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The server's code for programs.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The refused fields in alphabetical order, each with its messages.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.errors
            .iter()
            .map(|(field, texts)| (field.as_str(), texts.as_slice()))
    }

    /// Whether it refuses the reference or the idempotency key, or says that something is a double.
    pub(super) fn names_the_reference(&self) -> bool {
        let words = ["duplicate", "conflict", "idempotency", "exists"];
        self.fields()
            .any(|(field, _)| field.ends_with("reference") || field.contains("idempotency"))
            || self
                .code()
                .is_some_and(|code: &str| words.iter().any(|word| code.contains(word)))
    }

    /// Everything that the server says for people: the message, what else it says, and what it
    /// says about each field.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let fields = self.errors.values().flatten();
        let general = self.message.iter().chain(&self.others);
        general.chain(fields).map(String::as_str)
    }
}

/// What holds nothing.
const EMPTY: [&str; 5] = ["null", "[]", "{}", "\"\"", "false"];

/// Zero, one and 2xx, with zeros before them, and words that say so.
fn is_success_code(code: &str) -> bool {
    let words = ["", "ok", "success", "succeeded"];
    let number = code.parse::<u64>().ok();
    number.is_some_and(|number| matches!(number, 0 | 1 | 200..=299))
        || words.iter().any(|word| code.eq_ignore_ascii_case(word))
}

impl ErrorBody {
    pub(crate) fn read(body: &[u8], places: &Places) -> Self {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        if let Ok(object) = json::read(body) {
            return ApiError::read(&places.gather(object)).map_or(Self::Json, Self::Standard);
        }
        match json::read::<IgnoredAny>(body) {
            Ok(_) => Self::Json,
            Err(_) => Self::NotJson {
                title: page_title(body),
            },
        }
    }

    /// Whether a field of an answer with the status of a success says that it is an error.
    pub(crate) fn is_marked(name: &str, json: &str) -> bool {
        match name {
            "success" | "ok" => json == "false",
            "status" | "result" => ["\"error\"", "\"fail\"", "\"failed\""].contains(&json),
            "error" | "errors" => !EMPTY.contains(&json),
            "code" | "error_code" | "errcode" => {
                scalar_text(json).is_some_and(|code| !is_success_code(&code))
            }
            _ => false,
        }
    }

    /// The same for an answer with the status of a success: an error is only what says so and holds
    /// nothing else.
    pub(crate) fn in_success(body: &[u8], places: &Places) -> Self {
        match json::read::<Object<'_>>(body) {
            Ok(object) if holds_a_value(&object) => Self::Json,
            Ok(object) => {
                let mut fields = object.into_fields().into_iter();
                if fields.any(|(name, json)| Self::is_marked(&name, json)) {
                    return Self::read(body, places);
                }
                Self::Json
            }
            Err(_) => Self::read(body, places),
        }
    }
}

fn page_title(body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(body);
    let (_, rest) = page.split_once("<title>")?;
    let (title, _) = rest.split_once("</title>")?;
    Some(title.trim().to_owned())
}

/// Text that a server wrote is printed only where it has the form of a name.
pub(crate) fn printable_name(text: &str) -> Option<&str> {
    (!text.is_empty()
        && text.len() <= 40
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-[]*".contains(&b)))
    .then_some(text)
}

/// Whether an answer holds what was asked for.
fn holds_a_value(object: &Object<'_>) -> bool {
    let data = object.get("data");
    let mut marks = ["id", "access_token"].iter();
    data.is_some_and(|json| !EMPTY.contains(&json)) || marks.any(|name| object.get(name).is_some())
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self
            .fields()
            .filter_map(|(name, _)| printable_name(name))
            .collect();
        f.debug_struct("ApiError")
            .field("code", &self.code().and_then(printable_name))
            .field("fields", &fields)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(api) => api.fmt(f),
            Self::Json => f.write_str("Json"),
            Self::NotJson { .. } => f.write_str("NotJson"),
            Self::Empty => f.write_str("Empty"),
        }
    }
}

/// What of the body is safe and useful in a log line.
impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(api) => {
                let code = api.code().and_then(printable_name).unwrap_or("not given");
                write!(f, "code {code}")?;
                let mut names = api.fields().filter_map(|(name, _)| printable_name(name));
                if let Some(first) = names.next() {
                    write!(f, ", refused fields {first}")?;
                    names.try_for_each(|name| write!(f, " {name}"))?;
                }
                Ok(())
            }
            Self::Json => f.write_str("JSON of another form"),
            Self::NotJson { title } => match title.as_deref().and_then(known_page) {
                Some(page) => write!(f, "the page `{page}`"),
                None => f.write_str("not JSON"),
            },
            Self::Empty => f.write_str("no body"),
        }
    }
}

/// NGINX's own pages, which are worth naming: the wording is fixed, so nothing secret is printed.
fn known_page(title: &str) -> Option<&'static str> {
    const PAGES: [&str; 7] = [
        "400 No required SSL certificate was sent",
        "400 The SSL certificate error",
        "400 The plain HTTP request was sent to HTTPS port",
        "413 Request Entity Too Large",
        "502 Bad Gateway",
        "503 Service Temporarily Unavailable",
        "504 Gateway Time-out",
    ];
    PAGES.into_iter().find(|page| *page == title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_body_is_told_apart() {
        let standard = ErrorBody::read(br#"{"message":"m jane@x.co","code":"bad","errors":{"amount":["too big"],"e mail":"x"}}"#, &Places::default());
        let ErrorBody::Standard(api) = &standard else {
            panic!("{standard:?}")
        };
        assert_eq!(
            (api.message(), api.code()),
            (Some("m jane@x.co"), Some("bad"))
        );
        assert_eq!(standard.to_string(), "code bad, refused fields amount");
        assert!(!format!("{standard:?}").contains("jane"));
        let loose = ErrorBody::read(
            br#"{"message":null,"code":7,"errors":{"b":"x","a":["1",2.50,null,[]],"b":["y"]}}"#,
            &Places::default(),
        );
        let ErrorBody::Standard(api) = &loose else {
            panic!("{loose:?}")
        };
        assert_eq!((api.message(), api.code()), (None, Some("7")));
        let texts = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let fields: Vec<_> = api.fields().collect();
        let (a, b) = (texts(&["1", "2.50"]), texts(&["y"]));
        assert_eq!(fields, [("a", &a[..]), ("b", &b[..])]);
        let none = r#"{"errors":[],"error":null,"type":"payment","message":""}"#;
        for json in ["[1]", "7", "null", "{}", none] {
            assert_eq!(
                ErrorBody::read(json.as_bytes(), &Places::default()),
                ErrorBody::Json,
                "{json}"
            );
        }
        assert_eq!(
            ErrorBody::read(b" \n", &Places::default()),
            ErrorBody::Empty
        );
        let page = ErrorBody::read(
            b"<html><head><title>502 Bad Gateway</title></head>",
            &Places::default(),
        );
        assert_eq!(page.to_string(), "the page `502 Bad Gateway`");
        assert_eq!(
            ErrorBody::read(b"\xff\xfe", &Places::default()).to_string(),
            "not JSON"
        );
        assert_eq!(
            ErrorBody::read(b"{\"code\":", &Places::default()).to_string(),
            "not JSON"
        );
    }

    #[test]
    fn a_success_is_an_error_only_where_it_holds_nothing_else() {
        for (body, error) in [
            (r#"{"code":41003,"message":"revoked","data":null}"#, true),
            (r#"{"success":false,"message":"too many","data":[]}"#, true),
            (r#"{"error":"invalid_client"}"#, true),
            (r#"{"message":"created","data":{"id":"x"}}"#, false),
            (r#"{"id":"x","message":"m","code":"c"}"#, false),
            (r#"{"access_token":"t","message":"m"}"#, false),
            (r#"{"token":"t","message":"welcome"}"#, false),
            (r#"{"code":"0000","message":"ok","data":[]}"#, false),
            (r#"{"code":200,"message":"OK"}"#, false),
        ] {
            let read = ErrorBody::in_success(body.as_bytes(), &Places::default());
            assert_eq!(matches!(read, ErrorBody::Standard(_)), error, "{body}");
        }
    }
}
