//! One harmless request: will the installation sign for anybody?

use std::time::SystemTime;

use http::{Method, Request, StatusCode, header};

use crate::checkout::{Signature, SigningKey};
use crate::endpoint::{Auth, Endpoint, Replay};
use crate::error::Error;
use crate::json::{self, Object, text_of};
use crate::wire::{Api, Reply};

const OPERATION: &str = "probe signing route";

/// What is to be signed: no message of the checkout has this name, so the signature is worthless.
const PARAMETERS: [(&str, &str); 1] = [("sanspay_doctor", "probe")];

/// Asks for a worthless signature, under one of the paths that lead to the signing route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeSigning {
    spelling: usize,
}

/// How the signing route is called. The server drops numbers that follow a `/`, takes the name in
/// capitals, and drops `-` from it (grade V), so that blocking the one path leaves others open.
const SPELLINGS: [fn(&str, &str) -> String; 5] = [
    |folder, name| format!("{folder}/{name}"),
    |folder, name| format!("{folder}/0/{name}"),
    |folder, name| format!("{folder}/{}", name.to_ascii_uppercase()),
    |folder, name| format!("{folder}/{name}-"),
    |folder, name| {
        let middle = folder.rfind('/').map_or(0, |slash| slash + 2);
        match folder.split_at_checked(middle) {
            Some((begin, end)) => format!("{begin}/0{end}/{name}"),
            None => format!("{folder}/{name}"),
        }
    },
];

impl ProbeSigning {
    /// All of them, the plain one first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..SPELLINGS.len()).map(|spelling| Self { spelling })
    }

    /// The path, below the base URL.
    fn path(self, api: &Api) -> String {
        let route = api.wire().admin.sign.as_str();
        let (folder, name) = route.rsplit_once('/').unwrap_or(("", route));
        SPELLINGS
            .get(self.spelling)
            .map_or_else(|| route.to_owned(), |spell| spell(folder, name))
    }

    /// Whether the published sample key made this signature.
    pub(super) fn is_by_sample(signature: &Signature) -> bool {
        let sample = SigningKey::new(SigningKey::PUBLIC_SAMPLE);
        sample.is_ok_and(|key| key.sign(&PARAMETERS) == *signature)
    }
}

/// What came of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    pub(super) path: String,
    pub(super) status: StatusCode,
    pub(super) signature: Option<Signature>,
    /// The time at the server, as its header `Date` says it.
    pub(super) date: Option<SystemTime>,
}

impl Endpoint for ProbeSigning {
    type Output = Probed;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        api.request(OPERATION, Method::GET, &self.path(api), &PARAMETERS, None)
    }

    /// Any answer tells something, but one of a front that demands a certificate.
    fn parse(&self, reply: Reply<'_>) -> Result<Probed, Error> {
        if let Err(error) = reply.success()
            && error.tls().is_some()
        {
            return Err(error);
        }
        let date = reply.headers().get(header::DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        Ok(Probed {
            path: self.path(reply.api()),
            status: reply.status(),
            signature: signature(&reply.api().wire().admin.signature, reply.body()),
            date,
        })
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }

    fn auth(&self) -> Auth {
        Auth::None
    }
}

/// The signature that is answered: in the field of a JSON object, or by itself.
fn signature(field: &str, body: &[u8]) -> Option<Signature> {
    let text = json::text(body).ok()?.trim();
    match Object::read(text) {
        Ok(answer) => Signature::from_received(&text_of(answer.get(field)?)?),
        Err(_) => Signature::from_received(text.trim_matches('"')),
    }
}
