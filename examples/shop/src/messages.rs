//! What the provider says about an order, by its notification and by the browser's return.
//!
//! The browser's return is evidence of the notification's rank, verified by the same rules and
//! acted on; it may never come, or come twice.

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Transaction;
use sanspay_core::checkout::{Answer, Matched, Payment, Progress, Refusal, Signed, Source};

use crate::Failure;
use crate::checks;
use crate::orders::{expected, not_found};
use crate::server::{self, App, Oops};
use crate::store::{self, Effect, Message, OrderRow};

/// How much of a message is kept for the drawer.
const KEPT: usize = 800;

/// `POST /notify`: acknowledged only once status and dedup key are stored.
pub(crate) async fn notification(State(app): State<App>, body: Bytes) -> Response {
    let acting = app.clone();
    let taken = app
        .store
        .run(move |db| act(db, &acting, Source::Notification, &body))
        .await;
    if let Err(error) = &taken {
        server::log(error);
    }
    // Whatever failed, the sender is told the same.
    let result = taken.and_then(|taken| taken.ok_or("not an order of ours")?.verdict);
    Answer::to(&result)
        .response()
        .map(Body::from)
        .into_response()
}

/// `GET /return?…`: the payer is back, with a message that counts as a notification does.
pub(crate) async fn browser_return(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Oops> {
    let query = query.unwrap_or_default();
    let acting = app.clone();
    let taken = app
        .store
        .run(move |db| act(db, &acting, Source::BrowserReturn, query.as_bytes()));
    Ok(taken.await?.map_or_else(not_found, |taken| {
        Redirect::to(&format!("/orders/{}", taken.number)).into_response()
    }))
}

/// What became of a message about an order of ours.
struct Taken {
    number: String,
    verdict: Result<Matched, Failure>,
}

/// Checks a message against the order that it names, and acts on it; `None` when it names no
/// order of ours.
fn act(
    db: &Transaction<'_>,
    app: &App,
    source: Source,
    raw: &[u8],
) -> Result<Option<Taken>, Failure> {
    // Unverified: it says only under which order to show the message.
    let number = form_urlencoded::parse(raw).find(|(name, _)| name == "out_trade_no");
    let number = number.map(|(_, number)| number.into_owned());
    let Some(order) = store::order(db, &number.unwrap_or_default())? else {
        return Ok(None);
    };
    let expected = expected(&order)?;
    let verdict = signed(app, source, raw).and_then(|signed| signed.matches(&expected));
    let (failed_check, result) = match &verdict {
        Err(refusal) => (Some(checks::failed(refusal)), refusal.log_reason()),
        Ok(matched) => {
            let effect = store::take(db, &order, matched)?;
            (None, told(&order, matched, effect))
        }
    };
    let message = Message {
        source,
        raw: String::from_utf8_lossy(raw).chars().take(KEPT).collect(),
        failed_check,
        last: result.clone(),
        result,
        times: 1,
    };
    store::put_message(db, &order.number, &message)?;
    Ok(Some(Taken {
        number: order.number,
        verdict: verdict.map_err(|refusal| refusal.log_reason().into()),
    }))
}

fn signed(app: &App, source: Source, raw: &[u8]) -> Result<Signed, Refusal> {
    match source {
        Source::Notification => app.verifier.notification(raw),
        Source::BrowserReturn => {
            let query = std::str::from_utf8(raw).map_err(|_| Refusal::NotUtf8)?;
            app.verifier.browser_return(query)
        }
    }
}

/// What the drawer says about it.
fn told(order: &OrderRow, matched: &Matched, effect: Effect) -> String {
    let (before, now) = (order.status, matched.status());
    let key = matched.dedup_key();
    match effect {
        Effect::Paid(Payment::First) | Effect::Step(Progress::Advance) => {
            format!("{before} → {now}, stored together with {key}")
        }
        Effect::Paid(Payment::Repeated) | Effect::Step(Progress::Replay) => {
            format!("{key} was handled before: nothing changed")
        }
        Effect::Paid(Payment::PossibleRenewal) => {
            format!(
                "{key} once more: a renewal, or the same message again. It was noted and not counted"
            )
        }
        Effect::Paid(Payment::Double) => {
            format!("{key} is a second payment of this order. It was noted and not delivered")
        }
        Effect::Step(Progress::Regression) => {
            format!("{now} is older than {before}: nothing changed")
        }
    }
}
