//! `POST /api/auth/login`: exchange the operator's name and password for a token (grade V).

use std::time::Duration;

use http::{Method, Request};
use serde::{Serialize, Serializer};

use super::answer::accepted;
use crate::access_token::{AccessToken, Lifetime};
use crate::endpoint::{Auth, Endpoint, Replay};
use crate::error::{Error, ErrorKind, Problems};
use crate::json::{self, Object, text_of};
use crate::secret::Secret;
use crate::wire::{Api, Reply};

const OPERATION: &str = "log in";

/// After this time a new token is fetched. The token itself has no expiry (grade V), and a server
/// whose key was changed answers an old one with a failure and not with 401.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Name and password of a user of the installation's admin pages. Neither is ever printed.
///
/// The installation writes every log-in into its own log, the password included (grade V): give
/// the SDK a user of its own, with a password that is used nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    username: Secret,
    password: Secret,
}

impl Operator {
    /// Takes both into custody.
    ///
    /// ```
    /// use sanspay_core::checkout::query::Operator;
    /// assert!(Operator::new("sdk", "a password with spaces").is_ok());
    /// assert!(Operator::new("sdk", "from-a-file\n").is_err());
    /// ```
    ///
    /// # Errors
    /// When one is empty or holds a control character, such as a line break from a file.
    pub fn new(username: impl Into<Secret>, password: impl Into<Secret>) -> Result<Self, Error> {
        let (username, password) = (username.into(), password.into());
        let mut problems = Problems::new();
        for (field, text) in [("username", &username), ("password", &password)] {
            problems.require(!text.is_empty(), field, "must not be empty");
            let clean = !text.expose().chars().any(char::is_control);
            problems.require(clean, field, "must not hold line breaks");
        }
        problems.into_result("configure")?;
        Ok(Self { username, password })
    }
}

/// Logs an [`Operator`] in.
///
/// An [`Exchange`](crate::Exchange) does this by itself. The body of a success that is not
/// understood is not kept in the error, because it may hold a token.
///
/// ```
/// use sanspay_core::checkout::query::{LogIn, Operator};
/// use sanspay_core::{Api, BaseUrl, Endpoint};
/// let api = Api::new(BaseUrl::new("https://pay.shop.example")?);
/// let log_in = LogIn::new(Operator::new("sdk", "a password")?);
/// let request = log_in.request(&api)?;
/// assert_eq!(request.uri(), "https://pay.shop.example/api/auth/login");
/// let token = log_in.read(&api, &http::Response::new(&br#"{"auth":"abc.def.ghi"}"#[..]))?;
/// assert_eq!(token.authorization(), "Bearer abc.def.ghi");
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogIn {
    operator: Operator,
}

impl LogIn {
    /// For this operator.
    pub fn new(operator: Operator) -> Self {
        Self { operator }
    }
}

/// What is sent: names and values, the names as the API is spelled.
struct Body<'a>([(&'a str, &'a str); 2]);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

impl Endpoint for LogIn {
    type Output = AccessToken;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let wire = &api.wire().admin;
        let username = self.operator.username.expose();
        let password = self.operator.password.expose();
        // Room for every character escaped, so that the secret is not left behind by growing.
        let length = 6 * (username.len() + password.len());
        let names = wire.username.len() + wire.password.len();
        let room = Vec::with_capacity(length + names + 64);
        let fields = [(&*wire.username, username), (&*wire.password, password)];
        let body = Some(json::write_into(room, &Body(fields)));
        api.request(OPERATION, Method::POST, &wire.log_in, &[], body)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<AccessToken, Error> {
        let body = accepted(reply).map_err(|error| match error.kind() {
            // The server answers a wrong password with 403 (grade V).
            ErrorKind::Forbidden => {
                let detail = "the installation refused user name or password";
                reply.error(ErrorKind::Unauthorized, detail)
            }
            _ => error,
        })?;
        read(body, &reply.api().wire().admin.token).map_err(|detail| {
            let received = reply.received().without_body();
            Error::new(ErrorKind::Unreadable, OPERATION, detail).with_received(received)
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
fn read(body: &[u8], field: &str) -> Result<AccessToken, String> {
    let answer = json::text(body).and_then(Object::read).map_err(|e| {
        format!(
            "the answer is not understood: {}",
            json::describe_json_error(&e)
        )
    })?;
    let token = answer.get(field).and_then(text_of);
    let token = token.ok_or("the answer is not understood: it holds no token")?;
    let token = AccessToken::new(&token, Lifetime::For(LIFETIME));
    token.map_err(|error| error.detail().to_owned())
}
