//! `GET /partner/payments/{uuid}`: show one payment or payout (the capability is grade D, the
//! form grade A).

use http::{Method, Request};

use super::record::Record;
use super::record_id::RecordId;
use crate::endpoint::{Endpoint, Replay};
use crate::error::Error;
use crate::wire::{Api, Reply};

const OPERATION: &str = "show payment";

/// Shows one payment or payout by the provider's id.
///
/// An answer about another record than the one asked for is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShowPayment {
    id: RecordId,
}

impl ShowPayment {
    /// The record to show.
    pub fn new(id: RecordId) -> Self {
        Self { id }
    }
}

impl Endpoint for ShowPayment {
    type Output = Record;

    fn operation(&self) -> &str {
        OPERATION
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        request(OPERATION, self.id, api)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Record, Error> {
        reply.record(|record| record.id() == self.id)
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }
}

pub(super) fn request(operation: &str, id: RecordId, api: &Api) -> Result<Request<Vec<u8>>, Error> {
    let route = api.wire().payment.replace("{uuid}", &id.to_string());
    let mut target = api.target(route.len());
    target.push_str(&route);
    api.request_to(operation, Method::GET, target, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::wire::BaseUrl;
    use crate::wire::Wire;
    use http::Response;

    const ID: &str = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d";

    fn show(id: &str) -> ShowPayment {
        ShowPayment::new(id.parse().unwrap())
    }

    #[test]
    fn the_id_stands_where_the_route_says() {
        let wire = Wire {
            payment: "/v2/{uuid}/record".into(),
            ..Wire::default()
        };
        let api = Api::new(BaseUrl::new("https://h.example").unwrap());
        let request = show(ID).request(&api).unwrap();
        assert_eq!(request.uri().path(), format!("/partner/payments/{ID}"));
        let request = show(ID).request(&api.clone().with_wire(wire)).unwrap();
        assert_eq!(request.uri().path(), format!("/v2/{ID}/record"));
        for route in ["/x", "/{uuid}/{uuid}", "/{{uuid}", "/{x}{uuid}{", "/{uuid"] {
            let wire = Wire {
                payment: route.into(),
                ..Wire::default()
            };
            let request = show(ID).request(&api.clone().with_wire(wire)).unwrap();
            assert_eq!(request.uri().path(), route.replace("{uuid}", ID), "{route}");
        }
    }

    #[test]
    fn both_answer_shapes_are_read_and_another_record_is_refused() {
        let api = Api::new(BaseUrl::new("https://h.example").unwrap());
        let bare = format!(r#"{{"id":"{ID}","status":"paid","amount":"1","currency":"USD"}}"#);
        for body in [bare.clone(), format!(r#"{{"data":{bare}}}"#)] {
            let response = Response::new(body.as_bytes());
            assert!(show(ID).read(&api, &response).unwrap().status().is_paid());
            let error = show("00000000-6a0e-4f53-9f0e-0d6f3a1b2c3d").read(&api, &response);
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Unreadable);
        }
    }
}
