//! Tokens: given for the right credentials, good for a while, and revocable.

use std::collections::BTreeMap;
use std::time::SystemTime;

use http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::fields::{Fields, read_object};
use crate::sandbox::answer::{self, Answer, Refusal};
use crate::sandbox::clock::later;
use crate::sandbox::config::{PartnerConfig, Shape};
use crate::sandbox::ids::Ids;
use crate::unix_time::unix_seconds;

/// Every token ever given.
#[derive(Clone, Default)]
pub(super) struct Tokens(BTreeMap<String, Token>);

#[derive(Clone, Copy)]
struct Token {
    expires: i64,
    revoked: bool,
}

impl Tokens {
    /// Makes every token that was given so far worthless.
    pub(super) fn revoke_all(&mut self) {
        for token in self.0.values_mut() {
            token.revoked = true;
        }
    }

    /// # Errors
    /// The 401 that a request without a good bearer token gets.
    pub(super) fn check(&self, request: &Request<Vec<u8>>, now: SystemTime) -> Result<(), Refusal> {
        let refused = |code, message| answer::refusal(StatusCode::UNAUTHORIZED, code, message);
        let value = request.headers().get(header::AUTHORIZATION);
        let bearer = value
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, text)) = bearer else {
            return Err(refused("token_missing", "An access token is required."));
        };
        match self.0.get(text) {
            None => Err(refused("token_invalid", "The access token is not valid.")),
            Some(token) if token.revoked => {
                Err(refused("token_revoked", "The access token was revoked."))
            }
            Some(token) if token.expires <= unix_seconds(now) => {
                Err(refused("token_expired", "The access token has expired."))
            }
            Some(_) => Ok(()),
        }
    }

    /// `POST /partner/auth/token`.
    pub(super) fn give(
        &mut self,
        config: &PartnerConfig,
        ids: &mut Ids,
        request: &Request<Vec<u8>>,
        now: SystemTime,
    ) -> Answer {
        let object = read_object(request)?;
        let mut fields = Fields::new(&object);
        let key_id = fields.required_text("key_id");
        let key_secret = fields.required_text("key_secret");
        fields.finish()?;
        let known = key_id == Some(config.key_id.expose())
            && key_secret == Some(config.key_secret.expose());
        if !known {
            return Err(answer::refusal(
                StatusCode::UNAUTHORIZED,
                "invalid_credentials",
                "The key id or the key secret is wrong.",
            ));
        }
        let expires = later(now, config.token_life);
        let text = ids.jwt(now, expires);
        let mut body = json!({"access_token": text, "token_type": "Bearer"});
        if let (true, Value::Object(body)) = (config.expires_in, &mut body) {
            body.insert("expires_in".into(), config.token_life.as_secs().into());
        }
        let token = Token {
            expires: unix_seconds(expires),
            revoked: false,
        };
        self.0.insert(text, token);
        let body = match config.token_shape {
            Shape::Bare => body,
            Shape::Data => json!({"data": body}),
        };
        Ok(answer::json(StatusCode::OK, &body))
    }
}
