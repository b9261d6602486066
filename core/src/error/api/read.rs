//! Reads the usual forms of errors.

use serde_json::value::RawValue;

use super::{ApiError, printable_name};
use crate::json::{Object, text_of};

/// Under what an error has its code.
const CODES: [&str; 3] = ["code", "error_code", "errcode"];

/// Under what an error has its text, the most special first.
const TEXTS: [&str; 9] = [
    "message",
    "error_message",
    "error_description",
    "detail",
    "title",
    "msg",
    "errmsg",
    "description",
    "reason",
];

/// Under what one of a list of errors names its field.
const FIELDS: [&str; 5] = ["field", "param", "path", "pointer", "name"];

impl ApiError {
    pub(super) fn read(body: &Object<'_>) -> Option<Self> {
        let mut api = Self::default();
        api.gather(body);
        if let Some(error) = body.get("error") {
            api.error(error);
        }
        for name in ["errors", "details", "invalid-params"] {
            api.errors(body.get(name).unwrap_or("null"));
        }
        (api != Self::default()).then_some(api)
    }

    /// What stands in an object itself.
    fn gather(&mut self, object: &Object<'_>) {
        let mut codes = CODES
            .iter()
            .filter_map(|name| scalar_text(object.get(name)?));
        self.code = self.code.take().or_else(|| codes.next());
        for json in TEXTS.iter().filter_map(|name| object.get(name)) {
            self.say_all(json);
        }
        // Without a text it is no problem but the type of something else.
        if self.code.is_none() && self.message.is_some() {
            self.code = object.get("type").and_then(problem_type);
        }
    }

    /// What stands in `error`: an object, a list, or a text, which is a code where it has the form
    /// of one.
    fn error(&mut self, json: &str) {
        if let Some(text) = text_of(json) {
            match printable_name(&text) {
                Some(name) if self.code.is_none() => self.code = Some(name.to_owned()),
                _ => self.say(text.into_owned()),
            }
            return;
        }
        match Object::read(json) {
            Ok(object)
                if TEXTS
                    .iter()
                    .chain(&CODES)
                    .any(|name| object.get(name).is_some()) =>
            {
                self.gather(&object);
                for name in ["errors", "details"] {
                    self.errors(object.get(name).unwrap_or("null"));
                }
            }
            _ => self.errors(json),
        }
    }

    /// What stands in `errors`: texts for each field, or a list.
    fn errors(&mut self, json: &str) {
        if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
            for item in items {
                self.listed(item.get());
            }
            return;
        }
        let Ok(object) = Object::read(json) else {
            return self.say_all(json);
        };
        for (field, json) in object.into_fields() {
            self.errors.insert(field.into_owned(), texts(json));
        }
    }

    /// One of a list: a text, or an object, which may name a field.
    fn listed(&mut self, json: &str) {
        let Ok(object) = Object::read(json) else {
            return self.say_all(json);
        };
        let source = object
            .get("source")
            .and_then(|json| Object::read(json).ok());
        let field = field(&object).or_else(|| field(source.as_ref()?));
        let Some(field) = field else {
            return self.gather(&object);
        };
        let mut about = Self::default();
        about.gather(&object);
        self.code = self.code.take().or(about.code);
        let said = about.message.into_iter().chain(about.others);
        self.errors.entry(field).or_default().extend(said);
    }

    fn say_all(&mut self, json: &str) {
        for text in texts(json) {
            self.say(text);
        }
    }

    fn say(&mut self, text: String) {
        if self.message.is_none() {
            self.message = Some(text);
        } else if self.message.as_ref() != Some(&text) {
            self.others.push(text);
        }
    }
}

/// The field that one of a list of errors is about; the end of a pointer (RFC 6901).
fn field(object: &Object<'_>) -> Option<String> {
    let text = FIELDS.iter().find_map(|name| text_of(object.get(name)?))?;
    let end = text.rsplit('/').next().filter(|end| !end.is_empty())?;
    Some(end.to_owned())
}

/// The end of a problem's type, which is a URI (RFC 9457, 3.1.1), or a plain name.
fn problem_type(json: &str) -> Option<String> {
    let text = text_of(json)?;
    let end = text.trim_end_matches('/').rsplit(['/', '#', ':']).next()?;
    (!end.is_empty() && text != "about:blank").then(|| end.to_owned())
}

pub(super) fn scalar_text(json: &str) -> Option<String> {
    if let Some(text) = text_of(json) {
        return Some(text.into_owned()).filter(|text| !text.is_empty());
    }
    let number = json.starts_with(|sign: char| sign == '-' || sign.is_ascii_digit());
    number.then(|| json.to_owned())
}

/// The texts of one value: it is one, a list of them, or objects with a message.
fn texts(json: &str) -> Vec<String> {
    let text = |json: &str| {
        scalar_text(json).or_else(|| scalar_text(Object::read(json).ok()?.get("message")?))
    };
    match serde_json::from_str::<Vec<&RawValue>>(json) {
        Ok(items) => items.iter().filter_map(|item| text(item.get())).collect(),
        Err(_) => text(json).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ErrorBody;
    use crate::profile::Places;

    fn said(body: &str) -> (Option<String>, Vec<String>, Vec<String>) {
        let ErrorBody::Standard(api) = ErrorBody::read(body.as_bytes(), &Places::default()) else {
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
                r#"{"errors":{"type":["unknown"],"code":["too long"]}}"#,
                None,
                &["too long", "unknown"],
                &["code", "type"],
            ),
            (
                r#"{"errors":[{"code":"c","detail":"d","source":{"pointer":"/data/attributes/amount"}}]}"#,
                Some("c"),
                &["d"],
                &["amount"],
            ),
            (
                r#"{"statusCode":400,"message":["a b","c d"],"error":"Bad Request"}"#,
                None,
                &["a b", "c d", "Bad Request"],
                &[],
            ),
            (
                r#"{"name":"INVALID","message":"m","details":[{"field":"/iban","description":"d"}]}"#,
                None,
                &["m", "d"],
                &["iban"],
            ),
            (
                r#"{"errcode":40001,"errmsg":"m"}"#,
                Some("40001"),
                &["m"],
                &[],
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
}
