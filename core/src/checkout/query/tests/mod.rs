//! Reading trades, searching them, and comparing one with a message.

mod confirming;
mod reading;
mod searching;

use http::{Response, StatusCode};

use crate::{Api, BaseUrl};

fn api() -> Api {
    Api::new(BaseUrl::new("https://pay.shop.example").unwrap())
}

fn answer(status: u16, body: &str) -> Response<&[u8]> {
    let mut response = Response::new(body.as_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// A 200 that means 403: what the server says where PHP is a part of Apache.
fn refused_in_a_header() -> Response<&'static [u8]> {
    let mut response = answer(200, "");
    response
        .headers_mut()
        .insert("status", http::HeaderValue::from_static("403"));
    response
}
