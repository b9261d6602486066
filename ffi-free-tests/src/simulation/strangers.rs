//! Answers that somebody else made: a proxy, a cache, an attacker in between, another server.

use http::{Request, Response};
use serde_json::json;

use super::chance::Chance;
use super::process::response;
use super::provider::is_list;
use super::requests::HTML;

/// The statuses that only the application gives, so that a client may rely on them. Whoever makes
/// one up about what was executed lies, and no client could know.
const REFUSALS: [u16; 23] = [
    400, 401, 402, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 426,
    428, 429, 431, 451,
];

/// Anything that is no answer to the request. What is `executed` is not refused with a status of
/// the application.
pub(super) fn answer(
    request: &Request<Vec<u8>>,
    executed: bool,
    empty_list: bool,
    chance: &mut Chance,
) -> Response<Vec<u8>> {
    let json = "application/json";
    match chance.below(6) {
        0 => {
            let mut status = 200 + u16::try_from(chance.below(400)).unwrap_or_default();
            if executed && REFUSALS.contains(&status) {
                status = 499;
            }
            // Bytes of anybody with a success would be the next case.
            let body = [HTML, "", "HHHHH", "{}", "null", "\u{0}\u{ff}"];
            response(status, "text/html", chance.pick(&body, HTML))
        }
        1 => {
            let status = chance.pick(&[444, 460, 499, 509, 520, 522, 524, 525, 530], 520);
            response(status, "text/html", HTML)
        }
        2 => response(200, "text/html", HTML),
        3 if is_list(request) && !empty_list => {
            let body = json!({"data": [], "message": "unavailable"}).to_string();
            response(200, json, &body)
        }
        3 => response(200, json, chance.pick(&["[]", r#"{"data":[]}"#], "[]")),
        4 => response(200, "application/octet-stream", "\u{15}\u{3}\u{1}"),
        _ => another_record(request),
    }
}

/// A plausible success about somebody else's record.
fn another_record(request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let record = json!({
        "id": "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d",
        "type": "payment",
        "status": "paid",
        "amount": "10.00",
        "currency": "USD",
        "reference": "somebody-else-1",
    });
    let body = if is_list(request) {
        json!({"data": [record], "meta": {"total": 1, "current_page": 1, "last_page": 1}})
    } else {
        json!({ "data": record })
    };
    response(200, "application/json", &body.to_string())
}
