//! The example's transport over hyper keeps the contract.

#[path = "../hyper_transport.rs"]
#[allow(dead_code)]
mod hyper_transport;

use sanspay_testkit::{BrokenRules, check_transport_async};

#[tokio::test]
async fn the_example_s_transport_keeps_the_contract() -> Result<(), BrokenRules> {
    check_transport_async(hyper_transport::send).await
}
