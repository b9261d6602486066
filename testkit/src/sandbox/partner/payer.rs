//! The page behind a payment's `checkout_url`, on which the payer pays (the pages are grade A).

use std::time::SystemTime;

use http::{Method, Request, Response, StatusCode};
use uuid::Uuid;

use super::record::{RecordKind, RecordStatus};
use super::{Partner, Surroundings};
use crate::sandbox::answer;
use crate::sandbox::pages::{self, Button, Payment, Problem, Provider, Refusal};

/// Where the pages are: `/pay/{uuid}`.
pub(super) const PREFIX: &str = "/pay/";

impl Partner {
    /// Answers the payer's browser; `None` when the path is no payer's.
    pub(super) fn payer(
        &mut self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
        around: &mut Surroundings<'_>,
    ) -> Option<Response<Vec<u8>>> {
        let rest = request.uri().path().strip_prefix(PREFIX)?;
        let (id, action) = rest.split_once('/').unwrap_or((rest, ""));
        let id = Uuid::try_parse(id).ok();
        let record = id.and_then(|id| self.records.get(&id));
        let Some(record) = record.filter(|record| record.kind == RecordKind::Payment) else {
            let problem = ("id", "is not the id of a payment");
            return Some(refusal(StatusCode::NOT_FOUND, &[problem]));
        };
        let (id, return_url) = (record.id.to_string(), record.return_url.clone());
        let ended = match (request.method(), action) {
            (&Method::GET, "") => return Some(page(record)),
            (&Method::POST, "cancel") => {
                let target = record.cancel_url.as_deref();
                return Some(sent_to(target, "The payment was cancelled"));
            }
            (&Method::POST, "pay") => RecordStatus::Paid,
            (&Method::POST, "fail") => RecordStatus::Failed,
            _ => return Some(refusal(StatusCode::METHOD_NOT_ALLOWED, &[])),
        };
        // What ended before stays as it is, and the payer goes back to the shop all the same.
        let _ = self.settle(&id, ended, now, around.ids, around.outbox);
        Some(sent_to(return_url.as_deref(), "Thank you"))
    }
}

fn page(record: &super::Record) -> Response<Vec<u8>> {
    let price = format!("{} {}", record.currency, record.amount);
    let open = record.status == RecordStatus::Created;
    let pay = Button::new("pay", format!("Pay {price}"));
    let buttons = vec![
        pay,
        Button::new("fail", "Let it fail"),
        Button::new("cancel", "Cancel"),
    ];
    pages::payment(&Payment {
        provider: Provider::Qiaopay,
        title: if open {
            "Payment"
        } else {
            "This payment is over"
        },
        prices: vec![price],
        product: record.description.as_deref().unwrap_or("Your order"),
        description: "",
        items: &[],
        facts: vec![
            ("Order", record.reference.clone()),
            ("Status", record.status.as_str().to_owned()),
        ],
        action: format!("{PREFIX}{}", record.id),
        channels: Vec::new(),
        buttons: if open { buttons } else { Vec::new() },
    })
}

fn refusal(status: StatusCode, problems: &[Problem]) -> Response<Vec<u8>> {
    pages::refusal(&Refusal {
        provider: Provider::Qiaopay,
        status,
        problems,
        signed_text: None,
        back: None,
    })
}

fn sent_to(target: Option<&str>, otherwise: &str) -> Response<Vec<u8>> {
    target.and_then(answer::redirect).unwrap_or_else(|| {
        pages::message(Provider::Qiaopay, otherwise, "You can go back to the shop.")
    })
}
