//! What the provider says about an order: the notification, which counts, and the browser's
//! return, which is shown.

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Transaction;
use sanspay_core::checkout::{Answer, Matched, Progress};

use crate::Failure;
use crate::checks;
use crate::orders::{expected, not_found};
use crate::server::{self, App, Oops};
use crate::store::{self, Message, OrderRow};

/// How much of a message is kept for the drawer.
const KEPT: usize = 800;

/// `POST /notify`: acknowledged only once status and dedup key are stored.
pub(crate) async fn notification(State(app): State<App>, body: Bytes) -> Response {
    let judging = app.clone();
    let done = app.store.run(move |db| notified(db, &judging, &body)).await;
    if let Err(error) = &done {
        server::log(error);
    }
    // Whatever failed, the sender is told the same.
    let result = done.and_then(|result| result.map_err(Failure::from));
    Answer::to(&result)
        .response()
        .map(Body::from)
        .into_response()
}

/// `GET /return?…`: the payer is back. It is shown what is known; nothing is paid by that.
pub(crate) async fn browser_return(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Oops> {
    let query = query.unwrap_or_default();
    let judging = app.clone();
    let number = app.store.run(move |db| came_back(db, &judging, &query));
    Ok(number.await?.map_or_else(not_found, |number| {
        Redirect::to(&format!("/orders/{number}")).into_response()
    }))
}

/// A message that was checked against the order that it names.
struct Judged {
    order: OrderRow,
    verdict: Result<Matched, (usize, String)>,
}

/// Checks a message; `None` when it names no order of ours.
fn judge(db: &Transaction<'_>, app: &App, raw: &[u8]) -> Result<Option<Judged>, Failure> {
    // Unverified: it says only under which order to show the message.
    let number = form_urlencoded::parse(raw).find(|(name, _)| name == "out_trade_no");
    let number = number.map(|(_, number)| number.into_owned());
    let Some(order) = store::order(db, &number.unwrap_or_default())? else {
        return Ok(None);
    };
    let expected = expected(&app.items, &order)?;
    let verdict = app
        .verifier
        .notification(raw)
        .and_then(|signed| signed.matches(&expected))
        .map_err(|refusal| (checks::failed(&refusal), refusal.log_reason()));
    Ok(Some(Judged { order, verdict }))
}

fn notified(
    db: &Transaction<'_>,
    app: &App,
    body: &[u8],
) -> Result<Result<Matched, String>, Failure> {
    let Some(Judged { order, verdict }) = judge(db, app, body)? else {
        return Ok(Err("not an order of ours".to_owned()));
    };
    let result = match &verdict {
        Err((_, reason)) => reason.clone(),
        Ok(matched) => {
            let (before, now) = (order.status, matched.status());
            let key = matched.dedup_key().to_string();
            match store::advance(db, &order, now, &key)? {
                Progress::Advance => format!("{before} → {now}, stored together with {key}"),
                Progress::Replay => format!("{key} was handled before: nothing changed"),
                Progress::Regression => format!("{now} is older than {before}: nothing changed"),
            }
        }
    };
    keep(db, &order, "notification", body, &verdict, result)?;
    Ok(verdict.map_err(|(_, reason)| reason))
}

/// The number of the order to show, if it is one of ours.
fn came_back(db: &Transaction<'_>, app: &App, query: &str) -> Result<Option<String>, Failure> {
    let Some(Judged { order, verdict }) = judge(db, app, query.as_bytes())? else {
        return Ok(None);
    };
    let result = match &verdict {
        Err((_, reason)) => reason.clone(),
        Ok(matched) => {
            store::returned(db, &order.number, matched.status())?;
            format!("{}: shown to the payer, and not acted on", matched.status())
        }
    };
    keep(db, &order, "return", query.as_bytes(), &verdict, result)?;
    Ok(Some(order.number))
}

fn keep(
    db: &Transaction<'_>,
    order: &OrderRow,
    kind: &'static str,
    raw: &[u8],
    verdict: &Result<Matched, (usize, String)>,
    result: String,
) -> Result<(), Failure> {
    let raw = String::from_utf8_lossy(raw).chars().take(KEPT).collect();
    let failed_check = verdict.as_ref().err().map(|(check, _)| *check);
    let message = Message {
        kind,
        raw,
        failed_check,
        result,
        times: 1,
    };
    store::put_message(db, &order.number, &message)
}
