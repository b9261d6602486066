//! The two routes of the real server that trust whoever asks: the gateway and the signing route.

use std::time::SystemTime;

use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::faults::CheckoutFault;
use super::opening::Refused;
use super::{Checkout, query, refusal};
use crate::sandbox::answer;
use crate::sandbox::ids::Ids;

impl Checkout {
    /// Answers a request to one of them; `None` when the path is neither.
    pub(super) fn trusting(
        &mut self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        ids: &mut Ids,
    ) -> Option<Response<Vec<u8>>> {
        let path = request.uri().path();
        if path == "/api/auth/sign" && self.has(CheckoutFault::OpenSigning) {
            return Some(self.sign_anything(request.uri().query().unwrap_or_default()));
        }
        let channel = path.strip_prefix("/api/gateway/")?;
        if request.method() != Method::POST {
            return Some(answer::empty(StatusCode::METHOD_NOT_ALLOWED));
        }
        Some(self.gateway(channel, request.body(), now, ids))
    }

    /// The payer's own parameters, paid through the channel of his choice: any of the
    /// installation, whatever the merchant wants.
    fn gateway(
        &mut self,
        channel: &str,
        form: &[u8],
        now: SystemTime,
        ids: &mut Ids,
    ) -> Response<Vec<u8>> {
        let Some(kind) = self
            .config
            .channels
            .iter()
            .find(|known| known.id == channel)
        else {
            return answer::empty(StatusCode::NOT_FOUND);
        };
        let channel = kind.id.clone();
        let form = String::from_utf8_lossy(form);
        let checked = !self.has(CheckoutFault::UncheckedGateway);
        let opened = self
            .read(&form, checked)
            .and_then(|opening| self.order(opening, now, ids));
        match opened.map(|place| self.orders.get_mut(place)) {
            Ok(Some(order)) => {
                order.channel_id = channel;
                let order = order.clone();
                self.page(&order)
            }
            Ok(None) => answer::no_route(),
            Err(refused) => refusal(StatusCode::BAD_REQUEST, &refused),
        }
    }

    fn sign_anything(&self, asked: &str) -> Response<Vec<u8>> {
        let Ok(parameters) = query::parse(asked.as_bytes()) else {
            return refusal(StatusCode::BAD_REQUEST, &Refused::default());
        };
        let given = parameters.get("sign").cloned();
        let signed: Vec<(&String, &String)> = parameters
            .iter()
            .filter(|(name, _)| *name != "sign")
            .collect();
        let key = self
            .config
            .default_key
            .as_ref()
            .or_else(|| self.config.apps.first().map(|app| &app.key));
        let right = key.map(|key| key.sign(&signed).as_str().to_owned());
        answer::json(StatusCode::OK, &json!({"sign": given, "trueSign": right}))
    }
}
