//! One operation: how its request is built, how its answer is read, whether it may be repeated.

use http::{Request, Response};

use crate::error::{Error, Intent};
use crate::wire::{Api, Reply};

/// One operation of the API, and all there is to say about it.
///
/// An endpoint is plain data. Use it by itself (build and parse, nothing else), drive it through
/// an [`Exchange`](crate::Exchange) (token, retry, deadline), or give it to a client's `call`.
/// Write your own for a route that the SDK does not know; nothing treats it differently.
///
/// ```
/// use http::{Method, Request, Response};
/// use sanspay_core::{Api, BaseUrl, Endpoint, Error, Replay, Reply};
///
/// struct Balance;
/// impl Endpoint for Balance {
///     type Output = std::collections::BTreeMap<String, String>;
///     fn operation(&self) -> &str { "show balance" }
///     fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
///         api.request(self.operation(), Method::GET, "/partner/balance", &[], None)
///     }
///     fn parse(&self, reply: Reply<'_>) -> Result<Self::Output, Error> {
///         reply.json()
///     }
///     fn replay(&self) -> Replay { Replay::Safe }
/// }
///
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// assert_eq!(Balance.request(&api)?.uri().path(), "/partner/balance");
/// let answer = Response::new(&br#"{"USD":"10.00"}"#[..]);
/// assert_eq!(Balance.read(&api, &answer)?["USD"], "10.00");
/// # Ok::<(), Error>(())
/// ```
pub trait Endpoint {
    /// What the operation yields.
    type Output;

    /// The operation's name in errors and spans, such as `create payment`.
    fn operation(&self) -> &str;

    /// Builds the request, without `Authorization`. It is built anew for every attempt and must
    /// be the same each time.
    ///
    /// # Errors
    /// When the input is invalid: nothing is sent then.
    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error>;

    /// Reads the reply, whatever its status.
    ///
    /// # Errors
    /// When it is not a success or not understood; see [`Reply::json`] and [`Reply::success`].
    fn parse(&self, reply: Reply<'_>) -> Result<Self::Output, Error>;

    /// Reads the response to a request that you sent yourself, without an exchange.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    fn read(&self, api: &Api, response: &Response<impl AsRef<[u8]>>) -> Result<Self::Output, Error>
    where
        Self: Sized,
    {
        self.parse(Reply::new(self.operation(), api, response))
    }

    /// Whether the operation may be repeated when its first outcome is not known.
    fn replay(&self) -> Replay {
        Replay::Unsafe
    }

    /// What the request needs in its `Authorization` header.
    fn auth(&self) -> Auth {
        Auth::Bearer
    }

    /// What the operation wants to create, so that an unknown outcome can be looked up.
    fn intent(&self) -> Option<Intent> {
        None
    }
}

/// Whether an operation may be sent again when it may already have been executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Replay {
    /// Executing it twice is the same as once, as with everything that only reads.
    Safe,
    /// Only where the server honours `Idempotency-Key`, which is the user's to declare.
    WithIdempotencyKey,
    /// Never.
    Unsafe,
}

/// What a request needs in its `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Auth {
    /// The bearer token of the session.
    Bearer,
    /// Nothing.
    None,
}

/// A borrowed endpoint is an endpoint, so that one value can be called more than once.
impl<E: Endpoint + ?Sized> Endpoint for &E {
    type Output = E::Output;

    fn operation(&self) -> &str {
        (**self).operation()
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        (**self).request(api)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Self::Output, Error> {
        (**self).parse(reply)
    }

    fn replay(&self) -> Replay {
        (**self).replay()
    }

    fn auth(&self) -> Auth {
        (**self).auth()
    }

    fn intent(&self) -> Option<Intent> {
        (**self).intent()
    }
}
