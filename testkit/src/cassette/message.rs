//! Requests and responses as a cassette holds them: parts that a person can read and compare.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::de::Unexpected;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::json::Json;
use super::redact::known_text;
use super::signature;

/// What no path in a URI may hold.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'|')
    .add(b'\\');

/// The most bytes that stand for a body that was not written.
const LONGEST_HIDDEN: usize = 1 << 26;

/// A request, without its origin and with the headers that matter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedRequest {
    #[serde(serialize_with = "write_method", deserialize_with = "read_method")]
    pub(super) method: Method,
    #[serde(deserialize_with = "read_path")]
    pub(super) path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) query: Vec<Pair>,
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub(super) headers: Headers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Body>,
}

/// A response with the headers that matter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedResponse {
    #[serde(serialize_with = "write_status", deserialize_with = "read_status")]
    pub(super) status: StatusCode,
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub(super) headers: Headers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Body>,
}

/// A body in the form in which it is easiest to read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body {
    /// An object or an array.
    Json(Json),
    /// The pairs of an HTML form, decoded and sorted by name.
    Form(Vec<Pair>),
    /// What is known of any other body, such as the title of a gateway's page.
    Text(String),
    /// The length of one that is not written.
    #[serde(deserialize_with = "read_hidden")]
    Hidden(usize),
}

/// A name and a value, written `name=value`; `=` and `%` in the name are percent-encoded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(pub(super) String, pub(super) String);

/// Headers by name in lower case; of a name given more than once the values are joined.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Headers(pub(super) BTreeMap<String, String>);

impl RecordedRequest {
    pub(super) fn of(request: &Request<Vec<u8>>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        // `*` and a lone authority have no path.
        let path = request.uri().path();
        let path = path.strip_prefix('/').unwrap_or(path);
        Self {
            method: request.method().clone(),
            path: format!("/{path}"),
            query: sorted_pairs(query),
            headers: Headers::of(request.headers()),
            body: Body::read(request.headers(), request.body()),
        }
    }

    /// Path and query; `change` may replace texts, and what no URI may hold is encoded.
    pub(super) fn uri(&self, change: impl Fn(&str) -> String) -> Uri {
        let mut target = encoded_path(&change(&self.path));
        if !self.query.is_empty() {
            target.push('?');
            target.push_str(&encoded(&changed(&self.query, change)));
        }
        // All that a URI may not hold is encoded, so only one that is too long is refused.
        target.parse().unwrap_or_else(|_| Uri::from_static("/"))
    }
}

impl RecordedResponse {
    pub(super) fn of(response: &Response<Vec<u8>>) -> Self {
        Self {
            status: response.status(),
            headers: Headers::of(response.headers()),
            body: Body::read(response.headers(), response.body()),
        }
    }
}

impl Headers {
    fn of(map: &HeaderMap) -> Self {
        let mut headers = Self::default();
        for (name, value) in map {
            let text = String::from_utf8_lossy(value.as_bytes());
            let joined = headers.0.entry(name.as_str().to_owned());
            joined
                .and_modify(|before| {
                    before.push_str(", ");
                    before.push_str(&text);
                })
                .or_insert_with(|| text.into_owned());
        }
        headers
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As headers again; `change` may replace texts.
    pub(super) fn write(&self, into: &mut HeaderMap, change: impl Fn(&str) -> String) {
        for (name, text) in &self.0 {
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::from_bytes(change(text).as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                into.insert(name, value);
            }
        }
    }
}

/// The pairs of a query or form, decoded.
pub(super) fn pairs(encoded: &str) -> Vec<Pair> {
    form_urlencoded::parse(encoded.as_bytes())
        .map(|(name, value)| Pair(name.into_owned(), value.into_owned()))
        .collect()
}

/// The same sorted by name; a name's values keep their order.
fn sorted_pairs(encoded: &str) -> Vec<Pair> {
    let mut pairs = pairs(encoded);
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

/// Pairs with other texts in the places of theirs. What a cassette signed is signed anew.
pub(super) fn changed(pairs: &[Pair], change: impl Fn(&str) -> String) -> Vec<Pair> {
    let changed = pairs
        .iter()
        .map(|Pair(name, value)| Pair(change(name), change(value)));
    let mut changed: Vec<_> = changed.collect();
    if signature::is_of_cassette(pairs) {
        signature::sign_anew(&mut changed);
    }
    changed
}

/// A path with what no URI may hold percent-encoded.
pub(super) fn encoded_path(path: &str) -> String {
    utf8_percent_encode(path, NOT_IN_PATH).to_string()
}

/// Pairs as a query or form again.
pub(super) fn encoded(pairs: &[Pair]) -> String {
    let pairs = pairs.iter().map(|Pair(name, value)| (name, value));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

impl Body {
    fn read(headers: &HeaderMap, bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        let hidden = Self::Hidden(bytes.len().min(LONGEST_HIDDEN));
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Some(hidden);
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(json) = Json::parse_structure(text) {
            return Some(Self::Json(json.sorted()));
        }
        let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let is_form = content_type.is_some_and(|t| t.starts_with(b"application/x-www-form"));
        if is_form && percent_decode_str(text).decode_utf8().is_ok() {
            return Some(Self::Form(sorted_pairs(text)));
        }
        Some(known_text(text).map_or(hidden, Self::Text))
    }

    /// As bytes again; `change` may replace texts.
    pub(super) fn write(&self, change: impl Fn(&str) -> String) -> Vec<u8> {
        match self {
            Self::Json(json) => json.with_texts(&change).compact().into_bytes(),
            Self::Text(text) => text.clone().into_bytes(),
            // No JSON, and no form of anything.
            Self::Hidden(length) => vec![b'-'; *length],
            Self::Form(pairs) => encoded(&changed(pairs, change)).into_bytes(),
        }
    }
}

impl Pair {
    fn read(text: &str) -> Self {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let name = percent_decode_str(name).decode_utf8_lossy();
        Self(name.into_owned(), value.to_owned())
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.0.replace('%', "%25").replace('=', "%3D");
        serializer.collect_str(&format_args!("{name}={}", self.1))
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self::read(&text))
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, String>::deserialize(deserializer)?;
        if map.iter().all(|(name, text): (&String, &String)| {
            HeaderName::try_from(name.as_str()).is_ok_and(|known| known.as_str() == name)
                && HeaderValue::from_bytes(text.as_bytes()).is_ok()
        }) {
            Ok(Self(map))
        } else {
            Err(wrong("HTTP headers with names in lower case"))
        }
    }
}

fn wrong<E: de::Error>(expected: &'static str) -> E {
    de::Error::invalid_value(Unexpected::Other("text"), &expected)
}

// The signatures of these are serde's.
fn write_method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn read_method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    text.parse().map_err(|_| wrong("an HTTP method"))
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn write_status<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

fn read_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
    let code = u16::deserialize(deserializer)?;
    StatusCode::from_u16(code).map_err(|_| wrong("an HTTP status"))
}

fn read_hidden<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let length = usize::deserialize(deserializer)?;
    if length <= LONGEST_HIDDEN {
        Ok(length)
    } else {
        Err(wrong("at most 64 MiB"))
    }
}

fn read_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let path = String::deserialize(deserializer)?;
    if path.starts_with('/') {
        Ok(path)
    } else {
        Err(wrong("a path that begins with /"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_are_written_and_read_back(name in "[=%a&é]{0,6}", value in "[=%a&é]{0,6}") {
            let pair = Pair(name, value);
            let text = serde_json::to_string(&pair).unwrap();
            prop_assert!(serde_json::from_str::<Pair>(&text).unwrap() == pair);
            prop_assert!(pairs(&encoded(std::slice::from_ref(&pair))) == [pair]);
        }
    }
}
