//! From the button to the signed URL, and the page of an order.

use std::time::SystemTime;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use sanspay_core::Amount;
use sanspay_core::checkout::{Checkout, Customer, Environment, Order, SignedCheckout, Status};
use serde::Deserialize;

use crate::Failure;
use crate::catalogue::{CURRENCY, Item};
use crate::pages;
use crate::server::{App, Oops};
use crate::store::{self, OrderRow};

/// The shop's app at the provider.
pub(crate) const APP_ID: &str = "sandbox-app";

/// The shop's own channels there: Alipay, cards and `PayPal`. A payer may pick any other one of
/// the installation.
const CHANNELS: [&str; 3] = ["2", "3", "12"];

/// `GET /`
pub(crate) async fn products(State(app): State<App>) -> Response {
    pages::shop::page(&app.items).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    item: String,
}

/// `POST /buy`: a new order, and straight to the provider.
pub(crate) async fn buy(
    State(app): State<App>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Oops> {
    let Some(item) = app.items.iter().find(|item| item.id == wanted.item) else {
        return Ok(not_found());
    };
    let item = item.clone();
    let signing = app.clone();
    let url = app.store.run(move |db| {
        let number = String::from(store::fresh_order_number(db)?);
        let signed = sign(&signing, &item, &number)?;
        let order = OrderRow {
            number,
            item: item.id.clone(),
            subject: item.name.clone(),
            amount_cents: item.price.minor_units(2).ok_or("a price in cents")?,
            offer: item.offer,
            status: Status::Created,
            url: signed.url(),
            signed_text: signed.signed_text().to_owned(),
        };
        store::put_order(db, &order)?;
        Ok(order.url)
    });
    Ok(Redirect::to(&url.await?).into_response())
}

/// `POST /orders/{number}/pay`: the same order once more, signed anew.
pub(crate) async fn pay_again(
    State(app): State<App>,
    Path(number): Path<String>,
) -> Result<Response, Oops> {
    let signing = app.clone();
    let target = app.store.run(move |db| {
        let Some(mut order) = store::order(db, &number)? else {
            return Ok(None);
        };
        let item = signing.items.iter().find(|item| item.id == order.item);
        let Some(item) = item.filter(|_| !order.status.is_success()) else {
            return Ok(Some(format!("/orders/{number}")));
        };
        // What was ordered, as it was ordered: messages are compared with that.
        let ordered = Item {
            name: order.subject.clone(),
            price: order.price()?,
            offer: order.offer,
            ..item.clone()
        };
        let signed = sign(&signing, &ordered, &number)?;
        order.url = signed.url();
        signed.signed_text().clone_into(&mut order.signed_text);
        store::put_order(db, &order)?;
        Ok(Some(order.url))
    });
    let target = target.await?;
    Ok(target.map_or_else(not_found, |target| Redirect::to(&target).into_response()))
}

/// `GET /orders/{number}`
pub(crate) async fn order(
    State(app): State<App>,
    Path(number): Path<String>,
) -> Result<Response, Oops> {
    show(&app, number, false).await
}

/// `GET /orders/{number}/cancelled`: unsigned, and no evidence of anything.
pub(crate) async fn cancelled(
    State(app): State<App>,
    Path(number): Path<String>,
) -> Result<Response, Oops> {
    show(&app, number, true).await
}

async fn show(app: &App, number: String, cancelled: bool) -> Result<Response, Oops> {
    let found = app.store.run(move |db| {
        let order = store::order(db, &number)?;
        let payments = store::payments(db, &number)?;
        Ok((order, payments, store::messages(db, &number)?))
    });
    let (order, payments, messages) = found.await?;
    Ok(order.map_or_else(not_found, |order| {
        pages::order::page(&order, &payments, &messages, cancelled).into_response()
    }))
}

pub(crate) fn not_found() -> Response {
    let page = pages::notice(
        "There is no such page",
        "It may be an order of another shop.",
    );
    (StatusCode::NOT_FOUND, page).into_response()
}

fn sign(app: &App, item: &Item, number: &str) -> Result<SignedCheckout, Failure> {
    let checkout = match item.offer.plan(&item.name, item.price) {
        None => Checkout::one_off(APP_ID, Environment::Sandbox, item.product())
            .order(number, item.price, CURRENCY),
        // A real shop knows its customer; this one has no accounts.
        Some(plan) => Checkout::subscription(APP_ID, Environment::Sandbox, item.product())
            .order_number(number)
            .plan(plan)
            .customer(Customer::new("Jane", "Doe").email("jane@example.com")),
    };
    let signed = checkout
        .notify_url(format!("{}/notify", app.base_url))
        .return_url(format!("{}/return", app.base_url))
        .cancel_url(format!("{}/orders/{number}/cancelled", app.base_url))
        .page(format!("{}/checkout", app.provider_url))
        .sign(&app.app_key, SystemTime::now())?;
    Ok(signed)
}

impl OrderRow {
    /// What the order costs, each time.
    pub(crate) fn price(&self) -> Result<Amount, Failure> {
        Ok(Amount::from_minor_units(self.amount_cents, 2)?)
    }
}

/// The order to compare a message with: from the shop's stored orders, never from the message.
pub(crate) fn expected(row: &OrderRow) -> Result<Order, Failure> {
    let price = row.price()?;
    let plan = row.offer.plan(&row.subject, price);
    let order = match plan.and_then(|plan| plan.first_charge()) {
        Some(first) => Order::subscription(APP_ID, &row.number, first, &row.subject),
        None => Order::new(APP_ID, &row.number, price, CURRENCY, &row.subject),
    };
    Ok(CHANNELS
        .into_iter()
        .fold(order, |order: Order, id| order.channel(id, CURRENCY)))
}
