//! Every line of what servers may answer, over the core driven by hand, in virtual time.
#![allow(clippy::panic, clippy::unwrap_used)]

use sanspay_core::exchange::Step;
use sanspay_core::partner::{ListPayments, Record};
use sanspay_core::{Endpoint, Error, Session, SessionBuilder};
use sanspay_ffi_free_tests::cases::{CREDENTIALS, Case, Player, Script, disagreements};
use sanspay_ffi_free_tests::read_pages;

/// The core by hand: the closure is the network.
struct ByHand {
    session: Session,
    script: Script,
}

impl ByHand {
    fn new(case: &Case, script: &Script) -> Self {
        let (key_id, key_secret) = CREDENTIALS;
        let session = SessionBuilder::new(0)
            .base_url(case.base_url())
            .credentials(key_id, key_secret)
            .build();
        Self {
            session: session.unwrap(),
            script: script.clone(),
        }
    }
}

impl Player for ByHand {
    fn call<E>(&self, endpoint: E) -> Result<E::Output, Error>
    where
        E: Endpoint + Send + Sync,
        E::Output: Send,
    {
        let script = &self.script;
        let mut exchange = self.session.exchange(endpoint);
        loop {
            match exchange.poll(script.now()) {
                Step::Send(request) => {
                    let answer = script.answer(&request);
                    exchange.reply(script.now(), Ok(answer));
                }
                Step::Store(op) => panic!("no token is shared here: {op:?}"),
                Step::Wait(wait) => {
                    script.sleep(wait.delay());
                }
                Step::Done(result) => return result,
            }
        }
    }

    fn pages(&self, list: ListPayments) -> (Vec<Record>, Option<Error>) {
        read_pages(list, |list| self.call(list))
    }
}

#[test]
fn every_line_holds_by_hand() {
    let disagreements = disagreements(ByHand::new);
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}
