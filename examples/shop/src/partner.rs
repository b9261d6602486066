//! The partner API: payments, payouts, the list of both, and webhooks, which are claims until the
//! record was fetched.

use axum::Form;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rusqlite::Transaction;
use sanspay_core::partner::{
    ConfirmedEvent, EventKind, Expected, ListPayments, Matched, NewPayment, NewPayout, Record,
    RecordType, Resolution, Status,
};
use sanspay_core::{Amount, Currency, Endpoint, Error, ErrorKind, Page};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::pages;
use crate::server::{self, App, Oops};
use crate::store;

/// How many records are on a page.
const PER_PAGE: u64 = 5;

/// How many webhooks are shown.
const FEED: u32 = 10;

/// What the list is narrowed to. An empty text narrows nothing.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    pub(crate) status: String,
    pub(crate) r#type: String,
    pub(crate) currency: String,
    pub(crate) reference: String,
    #[serde(skip_serializing)]
    pub(crate) page: Option<u64>,
}

impl Filter {
    pub(crate) fn page_number(&self) -> u64 {
        self.page.unwrap_or(1).max(1)
    }

    fn list(&self) -> Result<ListPayments, &'static str> {
        let mut list = ListPayments::new()
            .per_page(PER_PAGE)
            .page(self.page_number());
        if !self.status.is_empty() {
            list = list.status(Status::from(&*self.status));
        }
        if !self.r#type.is_empty() {
            list = list.record_type(RecordType::from(&*self.r#type));
        }
        if !self.currency.is_empty() {
            list = list.currency(currency(&self.currency)?);
        }
        if !self.reference.is_empty() {
            list = list.reference(&self.reference);
        }
        Ok(list)
    }
}

fn currency(code: &str) -> Result<Currency, &'static str> {
    Currency::new(code).map_err(|_| "The currency is no code such as USD.")
}

/// `GET /partner`
pub(crate) async fn page(
    State(app): State<App>,
    Query(filter): Query<Filter>,
) -> Result<Response, Oops> {
    show(&app, filter, StatusCode::OK, None).await
}

async fn show(
    app: &App,
    filter: Filter,
    status: StatusCode,
    problem: Option<String>,
) -> Result<Response, Oops> {
    let (found, problem) = match filter.list() {
        Err(reason) => (None, Some(reason.to_owned())),
        Ok(list) => match app.client.call(list).await {
            Ok(found) => (Some(found), problem),
            Err(error) => (None, Some(told(&error))),
        },
    };
    let records = found.as_ref().map_or(&[][..], Page::items).to_vec();
    let last = found.as_ref().and_then(Page::last_page);
    let known = app.store.run(move |db| {
        let records: Result<Vec<_>, Failure> = records
            .into_iter()
            .map(|record| Ok((ledger(db, &record)?, record)))
            .collect();
        Ok((records?, store::events(db, FEED)?))
    });
    let (records, feed) = known.await?;
    let page = pages::partner::page(&filter, &records, last, &feed, problem.as_deref());
    Ok((status, page).into_response())
}

/// What the shop's own records say about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ledger {
    /// The shop asked for no such record.
    Foreign,
    /// It asked for it, and no webhook was confirmed that says paid.
    Open,
    /// It is paid.
    Paid,
}

fn ledger(db: &Transaction<'_>, record: &Record) -> Result<Ledger, Failure> {
    let Some(request) = asked(db, record)? else {
        return Ok(Ledger::Foreign);
    };
    let paid = request.paid_by == Some(record.id().to_string());
    Ok(match request.expected.differences(record).as_slice() {
        [] if paid => Ledger::Paid,
        [] => Ledger::Open,
        _ => Ledger::Foreign,
    })
}

/// What the shop asked for under the reference of a record.
fn asked(db: &Transaction<'_>, record: &Record) -> Result<Option<store::Request>, Failure> {
    match record.reference() {
        Some(reference) => store::request(db, reference),
        None => Ok(None),
    }
}

/// What a person is told about a failed call: never a value that was sent or received.
fn told(error: &Error) -> String {
    match error.problems().first() {
        Some(problem) => format!("{}: {}", problem.field(), problem.reason()),
        None => format!("{error}. {}", error.advice()),
    }
}

#[derive(Deserialize)]
pub(crate) struct PaymentForm {
    amount: String,
    currency: String,
    #[serde(default)]
    description: String,
}

/// `POST /partner/payments`
pub(crate) async fn create_payment(
    State(app): State<App>,
    Form(form): Form<PaymentForm>,
) -> Result<Response, Oops> {
    let (amount, currency) = match money(&form.amount, &form.currency) {
        Ok(money) => money,
        Err(reason) => return refused(&app, reason.to_owned()).await,
    };
    let expected = noted(&app, RecordType::Payment, amount, currency).await?;
    let currency = expected.currency().clone();
    let mut payment = NewPayment::new(expected.reference(), amount, currency)
        .return_url(format!("{}/partner", app.base_url))
        .cancel_url(format!("{}/partner", app.base_url));
    if !form.description.is_empty() {
        payment = payment.description(form.description);
    }
    executed(&app, payment).await
}

#[derive(Deserialize)]
pub(crate) struct PayoutForm {
    amount: String,
    currency: String,
    iban: String,
}

#[derive(Serialize)]
struct Beneficiary {
    iban: String,
}

/// `POST /partner/payouts`
pub(crate) async fn request_payout(
    State(app): State<App>,
    Form(form): Form<PayoutForm>,
) -> Result<Response, Oops> {
    let (amount, currency) = match money(&form.amount, &form.currency) {
        Ok(money) => money,
        Err(reason) => return refused(&app, reason.to_owned()).await,
    };
    let expected = noted(&app, RecordType::Payout, amount, currency).await?;
    let currency = expected.currency().clone();
    let beneficiary = Beneficiary { iban: form.iban };
    let payout = NewPayout::new(expected.reference(), amount, currency, &beneficiary);
    executed(&app, payout).await
}

/// Notes what is about to be asked for: webhooks are compared with that.
async fn noted(
    app: &App,
    kind: RecordType,
    amount: Amount,
    currency: Currency,
) -> Result<Expected, Failure> {
    let prefix = if kind == RecordType::Payout {
        "out"
    } else {
        "pay"
    };
    let noting = app.store.run(move |db| {
        let reference = format!("{prefix}-{}", store::fresh_reference(db)?);
        let expected = Expected::new(kind, reference, amount, currency);
        store::put_request(db, &expected)?;
        Ok(expected)
    });
    noting.await
}

fn money(amount: &str, code: &str) -> Result<(Amount, Currency), &'static str> {
    let amount = amount.trim().parse();
    let amount = amount.map_err(|_| "The amount is no decimal such as 12.50.")?;
    Ok((amount, currency(code)?))
}

/// Sends it once, and to its end also where the browser hangs up. Where nobody knows whether it was
/// executed, it is looked up by its reference and not sent again.
async fn executed<E>(app: &App, endpoint: E) -> Result<Response, Oops>
where
    E: Endpoint<Output = Record> + Send + 'static,
{
    let Err(error) = app.client.spawn(endpoint).await else {
        return Ok(Redirect::to("/partner").into_response());
    };
    let Some(unknown) = error.unknown() else {
        return refused(app, told(&error)).await;
    };
    match app.client.resolve(unknown).await {
        Resolution::Found(_) => Ok(Redirect::to("/partner").into_response()),
        Resolution::Absent => refused(app, "It was not executed. Try it again.".to_owned()).await,
        Resolution::Unknown(_) => {
            let reason = "Nobody knows yet whether it was executed. Look at the list before you try it again.";
            refused(app, reason.to_owned()).await
        }
    }
}

async fn refused(app: &App, reason: String) -> Result<Response, Oops> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    show(app, Filter::default(), status, Some(reason)).await
}

/// `POST /webhooks`: anyone may have posted this, so the record is fetched before it counts.
pub(crate) async fn webhook(State(app): State<App>, body: Bytes) -> StatusCode {
    let Ok(event) = app.client.session().read_event(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let record = event.record_id().to_string();
    let claim = event
        .kind()
        .map_or("not said", EventKind::as_str)
        .to_owned();
    let key = format!("{record}:{claim}");
    let row = key.clone();
    let noted = app
        .store
        .run(move |db| store::put_event(db, &row, &record, &claim));
    if let Err(error) = noted.await {
        server::log(&error);
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let confirmed = match app.client.call(event.confirm()).await {
        Ok(confirmed) => Some(confirmed),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        // Not acknowledged, so the provider delivers it again.
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE,
    };
    let done = app.store.run(move |db| {
        let (answer, state, found) = match &confirmed {
            None => (
                StatusCode::BAD_REQUEST,
                "refused",
                "no such record".to_owned(),
            ),
            Some(confirmed) => {
                let (state, found) = settled(db, confirmed)?;
                (StatusCode::OK, state, found)
            }
        };
        store::end_event(db, &key, state, &found)?;
        Ok(answer)
    });
    done.await.unwrap_or_else(|error| {
        server::log(&error);
        StatusCode::SERVICE_UNAVAILABLE
    })
}

/// Compares a confirmed record with what the shop asked for, and marks that paid if it is: what is
/// found counts, whether or not the claim was true.
fn settled(
    db: &Transaction<'_>,
    confirmed: &ConfirmedEvent,
) -> Result<(&'static str, String), Failure> {
    let found = confirmed.record().status().to_string();
    let Some(request) = asked(db, confirmed.record())? else {
        return Ok(("not ours", found));
    };
    let agrees = if confirmed.agrees() {
        "confirmed"
    } else {
        "outdated or false"
    };
    match confirmed.matches(&request.expected) {
        Matched::NotPaid(_) => Ok((agrees, found)),
        Matched::Mismatch(mismatch) => Ok(("mismatch", mismatch.to_string())),
        Matched::Paid(paid) => {
            let record = paid.id().to_string();
            if !store::settle(db, request.expected.reference(), &record)? {
                return Ok(("paid twice", found));
            }
            // A shop that ships goods does it here, where the key is new.
            store::handle(db, &paid.dedup_key().to_string())?;
            Ok((agrees, found))
        }
    }
}
