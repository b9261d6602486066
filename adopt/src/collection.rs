//! A Postman collection in any of its forms, as a list of operations.

use std::fmt;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::json;

/// A published collection, read.
#[derive(Debug, Clone)]
pub struct Collection {
    name: String,
    published: Option<String>,
    operations: Vec<Operation>,
}

/// One request of a collection, with its saved answers.
#[derive(Clone)]
pub struct Operation {
    /// Its folders and its name, such as `Payments / Show`.
    pub name: String,
    /// The method.
    pub method: Method,
    /// The path, with `{}` in place of what varies.
    pub path: String,
    /// The names of the query parameters, with their values.
    pub query: Vec<(String, String)>,
    /// The names of the headers.
    pub headers: Vec<String>,
    /// What is sent.
    pub body: Body,
    /// Saved answers.
    pub answers: Vec<Answer>,
    /// Scripts as text: they are read by pattern and never run.
    pub scripts: Vec<String>,
}

/// What a request sends.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    #[default]
    Nothing,
    /// Strict JSON, whatever it was written as.
    Json(String),
    /// A form.
    Form(Vec<(String, String)>),
    /// What could not be read.
    Unread,
}

/// An answer that somebody saved.
#[derive(Clone)]
pub struct Answer {
    /// Its name.
    pub name: String,
    /// The status.
    pub status: StatusCode,
    /// The body as strict JSON; `None` where it is none.
    pub json: Option<String>,
}

/// The text is no collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRead {
    /// It is no JSON, or JSON of something else.
    NoCollection(String),
    /// It is the metadata of a published collection: where the collection itself is.
    Metadata {
        /// Where to fetch the whole collection from.
        collection_url: String,
    },
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCollection(why) => write!(f, "this is no Postman collection: {why}"),
            Self::Metadata { collection_url } => write!(
                f,
                "this is only the description of a published collection; fetch the collection \
                 itself from {collection_url}"
            ),
        }
    }
}

impl std::error::Error for NotRead {}

impl Collection {
    /// Reads a collection: exported in version 2.0 or 2.1, wrapped in `collection`, or as its
    /// published documentation serves it.
    ///
    /// ```
    /// let collection = sanspay_adopt::Collection::read(r#"{"info": {"name": "pay"}, "item": [
    ///     {"name": "Show", "request": {"method": "GET", "url": "{{host}}/v1/payments/:id"}}]}"#)?;
    /// assert_eq!(collection.operations()[0].path, "/v1/payments/{}");
    /// # Ok::<(), sanspay_adopt::NotRead>(())
    /// ```
    ///
    /// # Errors
    /// What it is instead.
    pub fn read(text: &str) -> Result<Self, NotRead> {
        let no = |why: &str| NotRead::NoCollection(why.to_owned());
        let strict = json::strict(text).ok_or_else(|| no("it is no JSON"))?;
        let mut root: Value = serde_json::from_str(&strict).map_err(|_| no("it is no JSON"))?;
        if let Some(inner) = root.get_mut("collection") {
            root = inner.take();
        }
        let info = root.get("info").ok_or_else(|| no("it has no `info`"))?;
        let text = |name: &str| info.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(items) = root.get("item").and_then(Value::as_array) else {
            return Err(metadata(info).unwrap_or_else(|| no("it has no `item`")));
        };
        let mut operations = Vec::new();
        walk(items, "", &[], &mut operations);
        Ok(Self {
            name: text("name").unwrap_or_default(),
            published: text("publishDate"),
            operations,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it was published, where it says so.
    pub fn published(&self) -> Option<&str> {
        self.published.as_deref()
    }

    /// Its requests, in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

impl Operation {
    /// What the request sends, as JSON; `null` where that is nothing or could not be read.
    pub(crate) fn sent(&self) -> Value {
        match &self.body {
            Body::Json(json) => serde_json::from_str(json).unwrap_or(Value::Null),
            Body::Form(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| (name.clone(), value.clone().into()));
                Value::Object(fields.collect())
            }
            Body::Nothing | Body::Unread => Value::Null,
        }
    }

    /// The saved answers of a success that are JSON, each with where it stands.
    pub(crate) fn successes(&self) -> impl Iterator<Item = (String, Value)> {
        self.read_answers().filter_map(|(status, evidence, value)| {
            status.is_success().then_some((evidence, value))
        })
    }

    /// The saved answers of a refusal that are JSON, each with where it stands.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (String, Value)> {
        self.read_answers().filter_map(|(status, evidence, value)| {
            let is_refusal = status.is_client_error() || status.is_server_error();
            is_refusal.then_some((evidence, value))
        })
    }

    fn read_answers(&self) -> impl Iterator<Item = (StatusCode, String, Value)> {
        self.answers.iter().filter_map(|answer| {
            let value = serde_json::from_str(answer.json.as_deref()?).ok()?;
            Some((
                answer.status,
                format!("{} / {}", self.name, answer.name),
                value,
            ))
        })
    }
}

/// The published documentation fetches the collection from below its own address.
fn metadata(info: &Value) -> Option<NotRead> {
    let text = |name: &str| info.get(name).and_then(Value::as_str);
    let (id, owner) = (text("publishedId")?, text("owner")?);
    let site = text("publicUrl").unwrap_or("https://documenter.gw.postman.com");
    let site = site.trim_end_matches('/');
    Some(NotRead::Metadata {
        collection_url: format!(
            "{site}/api/collections/{owner}/{id}?segregateAuth=true&versionTag=latest"
        ),
    })
}

fn walk(items: &[Value], folder: &str, scripts: &[String], operations: &mut Vec<Operation>) {
    for item in items {
        let name = item
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or("unnamed");
        let name = match folder {
            "" => name.to_owned(),
            folder => format!("{folder} / {name}"),
        };
        let mut scripts = scripts.to_vec();
        scripts.extend(scripts_of(item));
        if let Some(inner) = item.get("item").and_then(Value::as_array) {
            walk(inner, &name, &scripts, operations);
        } else if let Some(request) = item.get("request") {
            operations.extend(operation(name, request, item, scripts));
        }
    }
}

fn operation(
    name: String,
    request: &Value,
    item: &Value,
    scripts: Vec<String>,
) -> Option<Operation> {
    // A request may be nothing but its URL.
    let (method, url) = match request {
        Value::String(_) => ("GET", request),
        request => (
            request
                .get("method")
                .and_then(Value::as_str)
                .unwrap_or("GET"),
            request.get("url").or_else(|| request.get("urlObject"))?,
        ),
    };
    let (path, query) = target(url, request.get("urlObject"));
    let headers = request.get("header").and_then(Value::as_array);
    let headers = headers.into_iter().flatten().filter(|header| is_on(header));
    let answers = item.get("response").and_then(Value::as_array);
    Some(Operation {
        name,
        method: method.to_ascii_uppercase().parse().ok()?,
        path,
        query,
        headers: headers
            .filter_map(|header| Some(header.get("key")?.as_str()?.to_ascii_lowercase()))
            .collect(),
        body: request.get("body").map(body).unwrap_or_default(),
        answers: answers.into_iter().flatten().filter_map(answer).collect(),
        scripts,
    })
}

fn is_on(entry: &Value) -> bool {
    entry.get("disabled") != Some(&Value::Bool(true))
}

fn text_at<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// The path with `{}` for what varies, and the query.
fn target(url: &Value, object: Option<&Value>) -> (String, Vec<(String, String)>) {
    let object = if url.is_object() { Some(url) } else { object };
    let raw = url
        .as_str()
        .or_else(|| text_at(url, "raw"))
        .unwrap_or_default();
    let listed = object.and_then(|object| object.get("path")?.as_array());
    let parts: Vec<String> = match listed {
        Some(parts) => parts
            .iter()
            .filter_map(|part| part.as_str().or_else(|| text_at(part, "value")))
            .map(str::to_owned)
            .collect(),
        None => path_of(raw).split('/').map(str::to_owned).collect(),
    };
    let path: String = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| {
            if varies(part) {
                "/{}".to_owned()
            } else {
                format!("/{part}")
            }
        })
        .collect();
    let listed = object.and_then(|object| object.get("query")?.as_array());
    let query = match listed {
        Some(pairs) => pairs
            .iter()
            .filter(|pair| is_on(pair))
            .filter_map(|pair| {
                let value = text_at(pair, "value").unwrap_or_default();
                Some((text_at(pair, "key")?.to_owned(), value.to_owned()))
            })
            .collect(),
        None => pairs(raw.split_once('?').map_or("", |(_, query)| query)),
    };
    (path, query)
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The path of a URL that may begin with a variable.
fn path_of(raw: &str) -> &str {
    let before_query = raw.split(['?', '#']).next().unwrap_or_default();
    let without_scheme = before_query
        .split_once("://")
        .map_or(before_query, |(_, rest)| rest);
    without_scheme.split_once('/').map_or("", |(_, path)| path)
}

/// Whether a part of a path stands for something: `:id`, `{id}`, `{{id}}`, a UUID, a number.
fn varies(part: &str) -> bool {
    let is_uuid = part.len() == 36 && part.matches('-').count() == 4;
    part.starts_with([':', '{', '<']) || is_uuid || part.bytes().all(|b| b.is_ascii_digit())
}

fn body(body: &Value) -> Body {
    match text_at(body, "mode") {
        Some("raw") => match text_at(body, "raw").map(str::trim) {
            None | Some("") => Body::Nothing,
            Some(raw) => json::strict(raw).map_or(Body::Unread, Body::Json),
        },
        Some(mode @ ("urlencoded" | "formdata")) => {
            let fields = body
                .get(mode)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let fields = fields.filter(|field| is_on(field)).filter_map(|field| {
                let value = text_at(field, "value").unwrap_or_default();
                Some((text_at(field, "key")?.to_owned(), value.to_owned()))
            });
            Body::Form(fields.collect())
        }
        _ => Body::Nothing,
    }
}

fn answer(answer: &Value) -> Option<Answer> {
    let code = answer.get("code").and_then(Value::as_u64)?;
    Some(Answer {
        name: text_at(answer, "name").unwrap_or("unnamed").to_owned(),
        status: StatusCode::from_u16(u16::try_from(code).ok()?).ok()?,
        json: text_at(answer, "body").and_then(json::strict),
    })
}

fn scripts_of(item: &Value) -> Vec<String> {
    let events = item.get("event").and_then(Value::as_array);
    let scripts = events.into_iter().flatten().filter_map(|event| {
        let lines = event.get("script")?.get("exec")?;
        match lines {
            Value::String(text) => Some(text.clone()),
            lines => {
                let lines: Vec<&str> = lines.as_array()?.iter().filter_map(Value::as_str).collect();
                Some(lines.join("\n"))
            }
        }
    });
    scripts.collect()
}

/// Shows the shape only: values of a collection may be anybody's keys.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}
