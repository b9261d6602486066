//! A request that asks for nothing.

use http::{Method, Request, StatusCode};
use sanspay_core::{Api, Auth, Endpoint, Error, Replay, Reply};

/// A `GET` of the base URL without credentials, for which any answer will do that is not about
/// TLS.
#[derive(Debug, Clone, Copy)]
pub struct Knock;

impl Endpoint for Knock {
    type Output = StatusCode;

    fn operation(&self) -> &str {
        "knock"
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        api.request("knock", Method::GET, "/", &[], None)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<StatusCode, Error> {
        match reply.success() {
            Err(error) if error.tls().is_some() => Err(error),
            _ => Ok(reply.status()),
        }
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn auth(&self) -> Auth {
        Auth::None
    }
}
