//! The core alone: no client, no runtime, no socket. The loop, the clock and the wire are ours.
//! `cargo run --example by_hand`
#![allow(clippy::print_stdout)]

use std::time::{Duration, SystemTime};

use sanspay_core::durable::StoreError;
use sanspay_core::partner::{NewPayment, ShowPayment};
use sanspay_core::{
    Currency, Endpoint, Error, NotSent, Session, SessionBuilder, Step, TransportError,
};
use sanspay_testkit::sandbox::{Fault, FaultRule, Reply, Sandbox, SandboxConfig};

/// Our side of the world: a clock that only moves when we say so, and the provider.
struct World {
    now: SystemTime,
    provider: Sandbox,
}

impl World {
    fn call<E: Endpoint>(&mut self, session: &Session, endpoint: E) -> Result<E::Output, Error> {
        let mut exchange = session.exchange(endpoint);
        loop {
            match exchange.poll(self.now) {
                Step::Send(request) => {
                    println!("  send {} {}", request.method(), request.uri().path());
                    let outcome = match self.provider.exchange(&request, self.now).reply {
                        Reply::Answer(response) => Ok(response),
                        Reply::NotConnected => {
                            Err(TransportError::not_sent(NotSent::proven(), "no connection"))
                        }
                        _ => Err(TransportError::maybe_sent("the connection broke")),
                    };
                    exchange.reply(self.now, outcome);
                }
                // Never here: no token is shared.
                Step::Store(_) => {
                    exchange.stored(self.now, Err(StoreError::not_stored("no store")));
                }
                Step::Wait(wait) => {
                    println!("  wait {:?}", wait.delay());
                    self.now += wait.delay();
                }
                Step::Done(result) => return result,
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut world = World {
        now,
        provider: Sandbox::new(SandboxConfig::default()),
    };
    let session = SessionBuilder::new(7)
        .base_url("https://api.example.com")
        .credentials("sandbox-key-id", "sandbox-key-secret")
        .build()?;

    println!("create a payment, while the first connection fails");
    world
        .provider
        .add_fault(FaultRule::new(Fault::NotConnected).path("/partner/payments"));
    let payment = NewPayment::new("order-1", "10.00".parse()?, Currency::USD);
    let payment = world.call(&session, payment)?;

    println!("show it, while the server is overloaded and our token was revoked");
    world
        .provider
        .add_fault(FaultRule::new("503 retry-after=2".parse()?).path("/partner/*"));
    world.provider.revoke_tokens();
    let shown = world.call(&session, ShowPayment::new(payment.id()))?;
    println!("{} is {}", shown.id(), shown.status());
    Ok(())
}
