//! The operator's side of the installation: logging in, and looking at trades.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use super::{Checkout, Order, query};
use crate::sandbox::answer;
use crate::sandbox::ids::Ids;
use sanspay_core::checkout::query::AdminWire;

/// The name and the password of the only operator of the sandbox's checkout.
pub const OPERATOR: (&str, &str) = ("sandbox-operator", "sandbox-operator-password");

/// The tokens that were given, and how the routes are spelled.
#[derive(Clone, Default)]
pub(super) struct Admin {
    tokens: Vec<String>,
    wire: AdminWire,
}

impl Checkout {
    /// Answers a request of the operator's side; `None` when the path is none of it.
    pub(super) fn admin(
        &mut self,
        request: &Request<Vec<u8>>,
        ids: &mut Ids,
    ) -> Option<Response<Vec<u8>>> {
        let (path, wire) = (request.uri().path(), &self.admin.wire);
        if path == wire.log_in {
            return Some(self.log_in(request, ids));
        }
        let (before, _) = wire.trade.split_once("{id}")?;
        let id = path.strip_prefix(before);
        if path != wire.trades && id.is_none() {
            return None;
        }
        if request.method() != Method::GET {
            return Some(answer::empty(StatusCode::NOT_FOUND));
        }
        if let Some(refused) = self.refused(request) {
            return Some(refused);
        }
        Some(match id {
            Some(id) => self.trade(id),
            None => self.trades(request.uri().query().unwrap_or_default()),
        })
    }

    /// A wrong password is answered 403, without a word (grade V).
    fn log_in(&mut self, request: &Request<Vec<u8>>, ids: &mut Ids) -> Response<Vec<u8>> {
        let is_json = request.headers().get(header::CONTENT_TYPE);
        // The server compares the whole header (grade V).
        let is_json = is_json.is_some_and(|value| value == "application/json");
        let body = serde_json::from_slice(request.body())
            .ok()
            .filter(|_| is_json);
        let body: Value = body.unwrap_or_default();
        let has = |name: &str, value: &str| body.get(name).and_then(Value::as_str) == Some(value);
        let wire = &self.admin.wire;
        if !has(&wire.username, OPERATOR.0) || !has(&wire.password, OPERATOR.1) {
            return answer::empty(StatusCode::FORBIDDEN);
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({"typ": "JWT", "alg": "HS256"}));
        let claims = part(&json!({"id": 1, "name": OPERATOR.0}));
        // Its signature is noise: the sandbox knows its tokens by heart.
        let token = format!("{header}.{claims}.{}", ids.uuid().simple());
        self.admin.tokens.push(token.clone());
        answer::json(StatusCode::OK, &json!({&wire.token: token}))
    }

    /// No token is answered 403, and one that was not made with the server's key 500: reading it
    /// fails there (both grade V).
    fn refused(&self, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        let value = request.headers().get(header::AUTHORIZATION);
        let token = value.and_then(|value| value.to_str().ok());
        let token = token
            .map(|text| text.replace("Bearer ", ""))
            .unwrap_or_default();
        if token.is_empty() {
            return Some(answer::empty(StatusCode::FORBIDDEN));
        }
        let known = self.admin.tokens.contains(&token);
        (!known).then(|| answer::empty(StatusCode::INTERNAL_SERVER_ERROR))
    }

    /// Trades from one place of the list to another. There is no filter (grade V).
    fn trades(&self, asked: &str) -> Response<Vec<u8>> {
        let asked = query::parse(asked.as_bytes()).unwrap_or_default();
        let wire = &self.admin.wire;
        let mut newest_first = wire.newest_first.iter();
        let newest_first = newest_first.all(|(n, v)| asked.get(n) == Some(v));
        let start = place(&asked, &wire.start);
        let count = place(&asked, &wire.end).saturating_sub(start);
        let mut places: Vec<_> = (0..self.orders.len()).collect();
        if newest_first {
            places.reverse();
        }
        let page = places.into_iter().skip(start).take(count);
        let trades: Vec<_> = page.filter_map(|place| self.row(place)).collect();
        let mut response = answer::json(StatusCode::OK, &Value::Array(trades));
        let total = HeaderValue::from(self.orders.len());
        response.headers_mut().insert("x-total-count", total);
        response
    }

    /// A trade that does not exist is answered with nothing at all (grade V).
    fn trade(&self, id: &str) -> Response<Vec<u8>> {
        let place = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
        match place.and_then(|place| self.row(place)) {
            Some(row) => answer::json(StatusCode::OK, &row),
            None => answer::empty(StatusCode::OK),
        }
    }

    fn row(&self, place: usize) -> Option<Value> {
        let order = self.orders.get(place)?;
        let fields: BTreeMap<_, _> = order.fields().into_iter().collect();
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        Some(json!({
            "id": place + 1,
            "trade_no": order.trade_no,
            "out_trade_no": field("out_trade_no"),
            "api_trade_no": null,
            "status": fields.get("status"),
            "user_id": 1,
            "app_id": order.app_id,
            "subject": order.subject,
            "total_amount": field("total_amount"),
            "request_time": added(order),
            "add_time": added(order),
            "return_url": order.return_url,
            "notify_url": order.notify_url.to_string(),
            "body": order.body,
            "notify_status": null,
        }))
    }
}

fn place(asked: &BTreeMap<String, String>, name: &str) -> usize {
    let text = asked.get(name).map_or("", String::as_str);
    text.parse().unwrap_or_default()
}

/// When the trade was made, as its number says, in the form of a date and time.
fn added(order: &Order) -> Option<String> {
    let part = |from: usize, to: usize| order.trade_no.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    Some(format!("{year}-{month}-{day} {hour}:{minute}:{second}"))
}
