//! What the partner provider does, told by a merchant.

use http::{Method, Request, Response, header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{Merchant, body, config, seconds, status};
use super::super::{
    DuplicateReferences, PageShape, RecordKind, RecordStatus, SandboxConfig, Shape,
};

fn with(change: impl FnOnce(&mut SandboxConfig)) -> Merchant {
    let mut config = config();
    change(&mut config);
    Merchant::new(config)
}

fn code(response: &Response<Vec<u8>>) -> (u16, String) {
    let code = body(response)["code"].as_str().unwrap().to_owned();
    (response.status().as_u16(), code)
}

fn refused(merchant: &mut Merchant, path: &str, json: &Value) -> Vec<String> {
    let response = merchant.send(&merchant.post(path, json));
    assert_eq!(code(&response), (422, "validation_failed".into()));
    let errors = body(&response)["errors"].as_object().unwrap().clone();
    errors.keys().cloned().collect()
}

mod access;
mod life;
mod records;
