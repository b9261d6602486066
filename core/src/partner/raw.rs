//! Any method and route: an operation that the SDK does not know.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use http::{Method, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::input::Json;
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, Problems};
use crate::json;
use crate::wire::{Api, Reply};

/// Any operation of the API, with token, retry and errors like the rest.
///
/// `GET` and `HEAD` may be repeated after a lost answer; everything else may not unless you say
/// so with [`replay`](Raw::replay). An empty body of a success is read as JSON `null`, so
/// `Raw<()>` and `Raw<Option<T>>` accept it.
///
/// ```
/// use http::Method;
/// use sanspay_core::partner::Raw;
/// use sanspay_core::{Api, BaseUrl, Endpoint};
///
/// let rates = Raw::<Vec<String>>::new(Method::GET, "/partner/currencies")
///     .named("list currencies")
///     .query("active", "1");
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// assert_eq!(
///     rates.request(&api)?.uri(),
///     "https://api.example.com/partner/currencies?active=1"
/// );
/// let answer = http::Response::new(&br#"["USD","CNY"]"#[..]);
/// assert_eq!(rates.read(&api, &answer)?, ["USD", "CNY"]);
/// # Ok::<(), sanspay_core::Error>(())
/// ```
pub struct Raw<T> {
    operation: Cow<'static, str>,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    json: Option<Json>,
    replay: Replay,
    output: PhantomData<fn() -> T>,
}

impl<T> Raw<T> {
    /// `path` is below the base URL and begins with `/`; encode what you put into it with
    /// [`path_segment`](crate::path_segment).
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let reads = method == Method::GET || method == Method::HEAD;
        Self {
            operation: "raw request".into(),
            method,
            path: path.into(),
            query: Vec::new(),
            json: None,
            replay: if reads { Replay::Safe } else { Replay::Unsafe },
            output: PhantomData,
        }
    }

    /// Names the operation in errors and spans.
    #[must_use]
    pub fn named(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.operation = operation.into();
        self
    }

    /// Adds a query parameter; it is encoded here.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the JSON body.
    #[must_use]
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.json = Some(Json::new(body));
        self
    }

    /// Says whether it may be repeated after a lost answer.
    #[must_use]
    pub fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
    }
}

impl<T: DeserializeOwned> Endpoint for Raw<T> {
    type Output = T;

    fn operation(&self) -> &str {
        &self.operation
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let mut problems = Problems::new();
        problems.require(
            !self.path.contains('?'),
            "path",
            "must not hold a query: add it as parameters",
        );
        if let Some(json) = &self.json {
            json.check(&mut problems, "body");
        }
        problems.into_result(self.operation.clone())?;
        let pairs = self.query.iter();
        let query: Vec<_> = pairs.map(|(name, value)| (&**name, &**value)).collect();
        let body = self
            .json
            .as_ref()
            .map(|json| json.text().as_bytes().to_vec());
        api.request(
            &self.operation,
            self.method.clone(),
            &self.path,
            &query,
            body,
        )
    }

    fn parse(&self, reply: Reply<'_>) -> Result<T, Error> {
        let body = match reply.success()? {
            [] => b"null",
            body => body,
        };
        json::read(body).map_err(|error| reply.unreadable(&error))
    }

    fn replay(&self) -> Replay {
        self.replay
    }
}

impl<T> Clone for Raw<T> {
    fn clone(&self) -> Self {
        Self {
            operation: self.operation.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            json: self.json.clone(),
            replay: self.replay,
            output: PhantomData,
        }
    }
}

/// Shows operation and method; path, query and body may hold anything.
impl<T> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("replay", &self.replay)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::wire::BaseUrl;
    use http::Response;
    use serde_json::json;

    fn api() -> Api {
        Api::new(BaseUrl::new("https://h.example/v1").unwrap())
    }

    #[test]
    fn only_reading_methods_are_repeated_unless_said_otherwise() {
        let replay = |method: Method| Endpoint::replay(&Raw::<()>::new(method, "/x"));
        assert_eq!(replay(Method::GET), Replay::Safe);
        assert_eq!(replay(Method::HEAD), Replay::Safe);
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(replay(method), Replay::Unsafe);
        }
        let put = Raw::<()>::new(Method::PUT, "/x").replay(Replay::Safe);
        assert_eq!(Endpoint::replay(&put), Replay::Safe);
    }

    #[test]
    fn the_body_is_sent_as_json_and_an_empty_answer_is_null() {
        let raw = Raw::<()>::new(Method::PATCH, "/x/y").json(&json!({"a": "SECRET"}));
        let request = raw.request(&api()).unwrap();
        assert_eq!(request.body(), br#"{"a":"SECRET"}"#);
        assert_eq!(request.headers()["content-type"], "application/json");
        assert_eq!(request.uri().path(), "/v1/x/y");
        let mut empty = Response::new(&b""[..]);
        *empty.status_mut() = http::StatusCode::NO_CONTENT;
        raw.read(&api(), &empty).unwrap();
        assert!(!format!("{raw:?}").contains("SECRET"));
    }

    #[test]
    fn a_query_in_the_path_and_a_body_of_null_are_refused() {
        let raw = Raw::<()>::new(Method::GET, "/x?SECRET=1")
            .json(&())
            .named("my call");
        let error = raw.request(&api()).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Invalid, "my call")
        );
        assert_eq!(error.problems().len(), 2);
        assert!(!error.to_string().contains("SECRET"));
    }
}
