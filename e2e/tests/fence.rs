//! The time by which a payout has to be sent passes while the connection is made: nothing is sent.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use sanspay_e2e::{
    Adapter, ClientCertificates, Manner, Meddling, Payer, PayerSetup, PayoutServer, Relay, Speaks,
    Told, Version, payout,
};
use sanspay_testkit::pki::Pki;
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

/// How long the payout may still be sent.
const OPEN: Duration = Duration::from_secs(1);

/// How long the handshake takes.
const SLOW: Duration = Duration::from_secs(2);

struct Slow {
    server: PayoutServer,
    payer: Payer,
}

/// A payer whose handshakes take their time.
fn slow(adapter: Adapter, handshake: Duration, version: Version) -> Slow {
    let pki = Pki::new();
    let sandbox = Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())));
    let speaks = Speaks::tls(&pki, version, &pki.server, ClientCertificates::NotAsked);
    let server = PayoutServer::start(speaks, Arc::clone(&sandbox), Manner::Answers);
    let relay = Relay::start(&server, Meddling::Delay(handshake));
    let setup = PayerSetup {
        base_url: server.base_url(relay.address()),
        tls: pki.trusting().build().unwrap(),
        sandbox,
        connect_timeout: Duration::from_secs(5),
    };
    let payer = Payer::new(adapter, &setup);
    Slow { server, payer }
}

fn is_too_late(adapter: Adapter, version: Version) {
    let Slow { server, payer } = slow(adapter, SLOW, version);
    let paid = payer.pay_send_by(SystemTime::now() + OPEN, payout("p-1"));
    let case = format!(
        "{adapter:?}, {version:?}: {:?} {:?}",
        paid.told, paid.result
    );
    let expected = match adapter {
        Adapter::Blocking => Told::NotSent(None),
        // The body refuses to be read, which reqwest does not tell from a broken connection.
        Adapter::Async => Told::MaybeSent(None),
    };
    assert_eq!(paid.told, [expected], "{case}");
    let error = paid.result.unwrap_err();
    assert_eq!(error.outcome_unknown(), adapter == Adapter::Async, "{case}");
    // Whatever was on its way would have come by now.
    thread::sleep(OPEN);
    assert_eq!(server.tally().executed(), 0, "{case}");
}

#[test]
fn a_handshake_that_takes_longer_than_the_fence_sends_nothing() {
    thread::scope(|scope| {
        for version in Version::BOTH {
            for adapter in Adapter::BOTH {
                scope.spawn(move || is_too_late(adapter, version));
            }
        }
    });
}

#[test]
fn a_handshake_that_is_over_in_time_sends_once() {
    for adapter in Adapter::BOTH {
        let Slow { server, payer } = slow(adapter, Duration::ZERO, Version::Tls13);
        let paid = payer.pay_send_by(SystemTime::now() + Duration::from_secs(10), payout("p-1"));
        assert!(paid.result.is_ok(), "{adapter:?}: {:?}", paid.result);
        assert_eq!(server.tally().executed(), 1, "{adapter:?}");
    }
}
