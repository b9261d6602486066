//! The body of an error answer, as far as it can be understood.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::answer::read_json;
use crate::object::Object;
use crate::sorted;
use crate::text::text_of;

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
/// `error_description`, and problem details (RFC 9457).
///
/// `Debug` and the error's `Display` show code and field names; the messages may repeat what was
/// sent and are printed by you or not at all.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ApiError {
    message: Option<String>,
    code: Option<String>,
    /// In alphabetical order.
    errors: Vec<(String, Vec<String>)>,
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

    /// Everything that the server says for people: the message, what else it says, and what it
    /// says about each field.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let fields = self.errors.iter().flat_map(|(_, texts)| texts);
        let general = self.message.iter().chain(&self.others);
        general.chain(fields).map(String::as_str)
    }

    fn read(body: &Object<'_>) -> Option<Self> {
        let mut api = Self::default();
        api.gather(body);
        api.nested(body.get("error"));
        api.nested(body.get("errors"));
        (api != Self::default()).then_some(api)
    }

    /// What stands in an object itself.
    fn gather(&mut self, object: &Object<'_>) {
        if self.code.is_none() {
            self.code = object.get("code").and_then(scalar_text);
        }
        for name in TEXTS {
            self.say(object.get(name).and_then(scalar_text));
        }
        // Without a text it is no problem but the type of something else.
        if self.code.is_none() && self.message.is_some() {
            self.code = object.get("type").and_then(problem_type);
        }
    }

    /// What stands in `error` or `errors`.
    fn nested(&mut self, json: Option<&str>) {
        let Some(json) = json else { return };
        if let Ok(object) = Object::read(json) {
            if ["code", "type"]
                .iter()
                .chain(&TEXTS)
                .any(|name| object.get(name).is_some())
            {
                self.gather(&object);
                return self.nested(object.get("errors"));
            }
            for (field, json) in object.into_fields() {
                sorted::put(&mut self.errors, field.into_owned(), texts(json));
            }
            return;
        }
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) else {
            return self.name_or_say(text_of(json).map(Cow::into_owned));
        };
        for item in items {
            self.listed(item.get());
        }
    }

    /// One of a list: a text, or an object about a field or about nothing special.
    fn listed(&mut self, json: &str) {
        let Ok(object) = Object::read(json) else {
            return self.say(scalar_text(json));
        };
        let field = ["field", "param", "path", "name"].iter();
        let Some(field) = field.copied().find_map(|name| text_of(object.get(name)?)) else {
            return self.gather(&object);
        };
        if self.code.is_none() {
            self.code = object.get("code").and_then(scalar_text);
        }
        let said = TEXTS
            .iter()
            .filter_map(|name| scalar_text(object.get(name)?));
        let mut said: Vec<_> = said.collect();
        if let Some(before) = sorted::get(&self.errors, &field) {
            said.splice(0..0, before.iter().cloned());
        }
        sorted::put(&mut self.errors, field.into_owned(), said);
    }

    /// `error` as a text is a code where it has the form of one.
    fn name_or_say(&mut self, text: Option<String>) {
        match text {
            Some(name) if self.code.is_none() && printable_name(&name).is_some() => {
                self.code = Some(name);
            }
            text => self.say(text),
        }
    }

    fn say(&mut self, text: Option<String>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        if self.message.is_none() {
            self.message = Some(text);
        } else if self.message.as_ref() != Some(&text) {
            self.others.push(text);
        }
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

/// Under what an error has its text, the most special first.
const TEXTS: [&str; 7] = [
    "message",
    "error_description",
    "detail",
    "title",
    "msg",
    "description",
    "reason",
];

/// The end of a problem's type, which is a URI (RFC 9457, 3.1.1), or a plain name.
fn problem_type(json: &str) -> Option<String> {
    let text = text_of(json)?;
    let end = text.trim_end_matches('/').rsplit(['/', '#', ':']).next()?;
    (!end.is_empty() && text != "about:blank").then(|| end.to_owned())
}

impl ErrorBody {
    pub(crate) fn read(body: &[u8]) -> Self {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        if let Ok(object) = read_json(body) {
            return ApiError::read(&object).map_or(Self::Json, Self::Standard);
        }
        match read_json::<IgnoredAny>(body) {
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
            "error" | "errors" => !EMPTY.contains(&json),
            "code" => scalar_text(json).is_some_and(|code| !is_success_code(&code)),
            _ => false,
        }
    }

    /// The same for an answer with the status of a success: an error is only what says so and holds
    /// nothing else.
    pub(crate) fn in_success(body: &[u8]) -> Self {
        let holds = |object: &Object<'_>| {
            let data = object
                .get("data")
                .is_some_and(|json| !EMPTY.contains(&json));
            data || ["id", "access_token"]
                .iter()
                .any(|name| object.get(name).is_some())
        };
        match read_json::<Object<'_>>(body) {
            Ok(object) if holds(&object) => Self::Json,
            Ok(object) => {
                let mut fields = object.into_fields().into_iter();
                match fields.any(|(name, json)| Self::is_marked(&name, json)) {
                    true => Self::read(body),
                    false => Self::Json,
                }
            }
            Err(_) => Self::read(body),
        }
    }
}

fn scalar_text(json: &str) -> Option<String> {
    if let Some(text) = text_of(json) {
        return Some(text.into_owned());
    }
    let number = json.starts_with(|sign: char| sign == '-' || sign.is_ascii_digit());
    number.then(|| json.to_owned())
}

/// The texts about one field.
fn texts(json: &str) -> Vec<String> {
    let text = |json: &str| {
        let within = || {
            Object::read(json)
                .ok()?
                .get("message")
                .and_then(scalar_text)
        };
        scalar_text(json).or_else(within)
    };
    match serde_json::from_str::<Vec<&RawValue>>(json) {
        Ok(items) => items.iter().filter_map(|item| text(item.get())).collect(),
        Err(_) => text(json).into_iter().collect(),
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
    let name_like = |b: u8| b.is_ascii_alphanumeric() || b"._-[]*".contains(&b);
    (!text.is_empty() && text.len() <= 40 && text.bytes().all(name_like)).then_some(text)
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
        let standard = ErrorBody::read(br#"{"message":"m jane@x.co","code":"bad","errors":{"amount":["too big"],"e mail":"x"}}"#);
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
            assert_eq!(ErrorBody::read(json.as_bytes()), ErrorBody::Json, "{json}");
        }
        assert_eq!(ErrorBody::read(b" \n"), ErrorBody::Empty);
        let page = ErrorBody::read(b"<html><head><title>502 Bad Gateway</title></head>");
        assert_eq!(page.to_string(), "the page `502 Bad Gateway`");
        assert_eq!(ErrorBody::read(b"\xff\xfe").to_string(), "not JSON");
        assert_eq!(ErrorBody::read(b"{\"code\":").to_string(), "not JSON");
    }

    fn said(body: &str) -> (Option<String>, Vec<String>, Vec<String>) {
        let ErrorBody::Standard(api) = ErrorBody::read(body.as_bytes()) else {
            panic!("{body}")
        };
        let texts = api.texts().map(str::to_owned).collect();
        let fields = api.fields().map(|(name, _)| name.to_owned()).collect();
        (api.code().map(str::to_owned), texts, fields)
    }

    #[test]
    fn the_usual_forms_of_errors_are_read() {
        for (body, code, texts, fields) in [
            (
                r#"{"error":"not valid here"}"#,
                None,
                &["not valid here"][..],
                &[][..],
            ),
            (r#"{"error":"overloaded"}"#, Some("overloaded"), &[], &[]),
            (
                r#"{"error":"invalid_client","error_description":"who"}"#,
                Some("invalid_client"),
                &["who"],
                &[],
            ),
            (
                r#"{"error":{"code":"refused","message":"no","type":"card"}}"#,
                Some("refused"),
                &["no"],
                &[],
            ),
            (
                r#"{"error":{"type":"card","message":"no"}}"#,
                Some("card"),
                &["no"],
                &[],
            ),
            (r#"{"errors":["a b","c d"]}"#, None, &["a b", "c d"], &[]),
            (
                r#"{"errors":[{"field":"amount","code":"small","message":"at least 1"},{"detail":"x"}]}"#,
                Some("small"),
                &["x", "at least 1"],
                &["amount"],
            ),
            (
                r#"{"message":"m","errors":{"amount":[{"message":"too big"}]}}"#,
                None,
                &["m", "too big"],
                &["amount"],
            ),
            (
                r#"{"type":"https://e.example/limit-reached","title":"Limit","status":403,"detail":"used up"}"#,
                Some("limit-reached"),
                &["used up", "Limit"],
                &[],
            ),
            (
                r#"{"type":"about:blank","title":"Not Found"}"#,
                None,
                &["Not Found"],
                &[],
            ),
            ("\u{feff}{\"code\":\"closed\"}", Some("closed"), &[], &[]),
        ] {
            let expected = (code.map(str::to_owned), texts, fields);
            let (code, texts, fields) = said(body);
            assert_eq!(
                (code, &texts[..], &fields[..]),
                (
                    expected.0,
                    &to_owned(expected.1)[..],
                    &to_owned(expected.2)[..]
                ),
                "{body}"
            );
        }
    }

    fn to_owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
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
            let read = ErrorBody::in_success(body.as_bytes());
            assert_eq!(matches!(read, ErrorBody::Standard(_)), error, "{body}");
        }
    }
}
