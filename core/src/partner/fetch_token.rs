//! `POST /partner/auth/token`: exchange the key id and key secret for a token (grade D; the form
//! of both bodies is grade A).

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, Request, header};
use serde::de;
use zeroize::Zeroizing;

use crate::access_token::{AccessToken, DEFAULT_LIFETIME, Lifetime};
use crate::credentials::Credentials;
use crate::endpoint::{Auth, Endpoint, Replay};
use crate::error::{Error, ErrorBody, ErrorKind};
use crate::json::{self, Object, text_of};
use crate::profile::Compiled;
use crate::wire::query::Query;
use crate::wire::{Api, Reply};

const OPERATION: &str = "fetch token";

/// The longest lifetime that is believed; a clock can be added to it without harm.
const MAX_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Fetches a token for `key_id` and `key_secret`.
///
/// An [`Exchange`](crate::Exchange) does this by itself. The body of a success that is not
/// understood is not kept in the error, because it may hold a token.
///
/// ```
/// use sanspay_core::partner::FetchToken;
/// use sanspay_core::{Api, BaseUrl, Credentials, Endpoint, Lifetime};
/// use std::time::Duration;
///
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let fetch = FetchToken::new(Credentials::new("key-1", "a-secret")?);
/// assert_eq!(fetch.request(&api)?.uri().path(), "/partner/auth/token");
/// let answer = br#"{"access_token":"abc.def","token_type":"Bearer","expires_in":900}"#;
/// let token = fetch.read(&api, &http::Response::new(&answer[..]))?;
/// assert_eq!(token.lifetime(), Lifetime::For(Duration::from_secs(900)));
/// assert!(token.authorization().is_sensitive());
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FetchToken {
    credentials: Credentials,
}

impl FetchToken {
    /// For these credentials.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }
}

impl Endpoint for FetchToken {
    type Output = AccessToken;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let key_id = self.credentials.key_id().expose();
        let key_secret = self.credentials.key_secret().expose();
        let tables = api.wire().profile.tables();
        let value = |field| match field {
            "key_id" => Some(key_id),
            "key_secret" => Some(key_secret),
            _ => None,
        };
        let places = &tables.token_request;
        // Room for every character escaped, in JSON or in a form, so that the secret is not left
        // behind by growing.
        let room = 3 * (key_id.len() + key_secret.len()) + places.room();
        let body = if tables.token_as_form {
            let mut form = Query::with_capacity(room);
            for (name, value) in places.pairs(&value) {
                form.pair(name, &value);
            }
            form.finish().into_bytes()
        } else {
            json::write_into(Vec::with_capacity(room), &places.written(&value))
        };
        let route = &api.wire().token;
        let mut request = api.request(OPERATION, Method::POST, route, &[], Some(body))?;
        if tables.token_as_form {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(header::CONTENT_TYPE, form);
        }
        Ok(request)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<AccessToken, Error> {
        let body = reply.success()?;
        let tables = reply.api().wire().profile.tables();
        read(body, tables).map_err(|detail| {
            let received = reply.received().without_body();
            let (kind, detail) = match received.error_body() {
                ErrorBody::Standard(_) => (
                    ErrorKind::Unauthorized,
                    "the server refuses the credentials, with the status of a success".into(),
                ),
                _ => (ErrorKind::Unreadable, detail),
            };
            Error::new(kind, OPERATION, detail).with_received(received)
        })
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn auth(&self) -> Auth {
        Auth::None
    }
}

/// Reads the body of a success; the error is a detail that quotes nothing of it.
fn read(body: &[u8], tables: &Compiled) -> Result<AccessToken, String> {
    let answer = Answer::read(body, tables).map_err(|e| {
        format!(
            "the answer is not understood: {}",
            json::describe_json_error(&e)
        )
    })?;
    // Nothing, blank and odd say nothing; `BearerToken` and `jwt-bearer` mean the same.
    let bearer = |kind: &str| {
        let kind = kind.trim().to_ascii_lowercase();
        kind.is_empty() || kind.contains("bearer")
    };
    if !answer.token_type.as_deref().is_none_or(bearer) {
        return Err("the answer is not understood: `token_type` is not bearer".into());
    }
    // What is no number of seconds says nothing either; a 401 tells if the guess was too long.
    let seconds = answer.expires_in.and_then(whole_seconds).unwrap_or(0);
    // A token that was just issued does not live for zero seconds, so zero says nothing.
    let seconds = Some(seconds).filter(|seconds| *seconds > 0);
    let lifetime = match seconds {
        Some(seconds) => Lifetime::For(Duration::from_secs(seconds).min(MAX_LIFETIME)),
        None => expiry_claim(&answer.access_token)
            .map_or(Lifetime::For(DEFAULT_LIFETIME), Lifetime::Until),
    };
    AccessToken::new(&answer.access_token, lifetime).map_err(|error| error.detail().to_owned())
}

/// What is in the body, bare or inside `data`.
struct Answer<'a> {
    access_token: Cow<'a, str>,
    token_type: Option<Cow<'a, str>>,
    expires_in: Option<&'a str>,
}

impl<'a> Answer<'a> {
    fn read(body: &'a [u8], tables: &Compiled) -> Result<Self, serde_json::Error> {
        let fields = tables.token.read_text(json::text(body)?)?;
        let token = fields.only("access_token")?;
        let token = token.ok_or_else(|| de::Error::missing_field("access_token"))?;
        let unexpected = de::Unexpected::Other("this value");
        let expected = &"`access_token` as a text";
        let token = text_of(token).ok_or_else(|| de::Error::invalid_type(unexpected, expected));
        Ok(Self {
            access_token: token?,
            token_type: fields.get("token_type").and_then(text_of),
            expires_in: fields.get("expires_in"),
        })
    }
}

/// The whole seconds of a JSON number, or of one in quotes; zero where it is negative.
fn whole_seconds(json: &str) -> Option<u64> {
    let text = json.trim_matches('"').trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !number(whole) || !number(fraction) {
        return None;
    }
    // More digits than fit are a very long time.
    let seconds = whole.parse().unwrap_or(u64::MAX);
    Some(if negative { 0 } else { seconds })
}

/// The `exp` claim of a JWT (RFC 7519, 4.1.4). The signature is the server's business: the token
/// is the server's own, and only its lifetime is read.
fn expiry_claim(token: &str) -> Option<SystemTime> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = base64url(payload.trim_end_matches('='))?;
    let claims = Object::read(std::str::from_utf8(&payload).ok()?).ok()?;
    let exp = claims.only("exp").ok()??;
    let seconds = whole_seconds(exp).filter(|seconds| *seconds > 0)?;
    // The year 9999; what is beyond is no time in seconds.
    let sensible = seconds <= 253_402_300_799;
    let since = Duration::from_secs(seconds);
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .filter(|_| sensible)
}

/// The bytes of base64url without padding (RFC 4648, 5), wiped when they are dropped.
fn base64url(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Of the final size, so that growing leaves no copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let decoded = URL_SAFE_NO_PAD.decode_vec(text, &mut bytes);
    decoded.ok().map(|()| bytes)
}

#[cfg(test)]
mod tests;
