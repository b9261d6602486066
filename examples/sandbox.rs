//! Both providers on a loopback port, for anything that speaks HTTP, until Ctrl-C.
//! `cargo run --example sandbox -- [--port PORT] [--webhooks URL] [--host NAME] [--receiver NAME]`
//!
//! It answers on this machine's own names and delivers to this machine; `--host` and `--receiver`
//! add others, and may be given more than once.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use lexopt::{Arg, Parser, ValueExt};
use sanspay_testkit::sandbox::SandboxConfig;
use sanspay_testkit::server::{FREE_PORT, serve};

const USAGE: &str =
    "usage: sandbox [--port PORT] [--webhooks URL] [--host NAME]… [--receiver NAME]…";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut address, mut config) = (FREE_PORT, SandboxConfig::default());
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("port") => {
                let port = arguments.value()?.parse()?;
                address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            }
            Arg::Long("host") => config.hosts.push(arguments.value()?.string()?),
            Arg::Long("receiver") => config.receivers.push(arguments.value()?.string()?),
            Arg::Long("webhooks") => {
                config.partner.webhook_url = Some(arguments.value()?.parse()?);
            }
            _ => return Err(format!("{}\n{USAGE}", argument.unexpected()).into()),
        }
    }
    let server = serve(config, address).await?;
    print!("{}", help(&server.base_url()));
    tokio::signal::ctrl_c().await?;
    println!("\nstopped");
    Ok(())
}

/// What can be done with it, ready to paste.
fn help(base: &str) -> String {
    let post = format!("curl -s {base}");
    let token = r#"-H "authorization: Bearer $TOKEN""#;
    let json = r#"-H "content-type: application/json""#;
    format!(
        r#"base URL        {base}
credentials     key_id sandbox-key-id, key_secret sandbox-key-secret
checkout app    app_id sandbox-app, key sandbox-app-key
notifications   signed with sandbox-default-key
checkout page   {base}/checkout

# a token
TOKEN=$({post}/partner/auth/token {json} \
  -d '{{"key_id":"sandbox-key-id","key_secret":"sandbox-key-secret"}}' \
  | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
# create a payment
{post}/partner/payments {token} {json} \
  -d '{{"reference":"order-1","amount":"10.00","currency":"USD"}}'
# request a payout
{post}/partner/payouts {token} {json} \
  -d '{{"reference":"payout-1","amount":"7.50","currency":"EUR","beneficiary":{{"iban":"DE89"}}}}'
# list, and show one (put its id in)
{post}'/partner/payments?status=created&per_page=10' {token}
{post}/partner/payments/ID {token}
# the payer pays, fails, or the payment expires
{post}/sandbox/records/order-1/pay -X POST
{post}/sandbox/orders/ORDER-NUMBER/pay -X POST
# all tokens are revoked
{post}/sandbox/tokens/revoke -X POST
# one request meets a fault: 401, "429 retry-after=2", "503 html", truncated, broken-off,
# lost-answer, lost-request, latency=250 …
{post}/partner/payments {token} -H "x-sandbox-fault: 503 html"
# the next two payouts do
{post}/sandbox/faults {json} -d '{{"fault":"lost-answer","path":"/partner/payouts","times":2}}'
# webhooks come twice and late
{post}/sandbox/webhooks {json} -d '{{"copies":2,"delay_ms":500}}'
# what the providers were asked, and why something was not delivered
{post}/sandbox/requests
{post}/sandbox/deliveries/refused

Ctrl-C stops it.
"#
    )
}
