//! What only OpenSSL does to a client: it says alerts of its own about bytes that an attacker adds,
//! and hangs up in the middle of a handshake. Over Python's `ssl`; where there is no Python the
//! tests say so, and `SANSPAY_REQUIRE_PYTHON=1` makes that a failure.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs, process, thread};

use sanspay_core::TlsProblem;
use sanspay_e2e::{Adapter, Meddling, Payer, PayerSetup, Relay, Tally, Told, payout};
use sanspay_testkit::pki::{EXPIRED, Identity, Pki, VALID};
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

/// How often a handshake is refused: which side is ahead is a matter of time.
const REFUSALS: usize = 25;

/// An OpenSSL server that runs, and what it executed.
struct OpenSsl {
    process: Child,
    folder: PathBuf,
    address: SocketAddr,
    tally: Tally,
}

impl OpenSsl {
    /// Starts it, if there is a Python.
    fn start(pki: &Pki, version: &str, manner: &str) -> Option<Self> {
        let name = format!("sanspay-openssl-{}-{version}-{manner}", process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let server = format!("{}{}", pki.server.chain, pki.server.key);
        fs::write(folder.join("server.pem"), server).unwrap();
        fs::write(folder.join("ca.pem"), pki.platform.pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openssl/server.py");
        let mut python = Command::new("python3");
        python.arg(script).arg(&folder).args([version, manner]);
        let process = python.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut process) = process else {
            assert!(
                env::var_os("SANSPAY_REQUIRE_PYTHON").is_none(),
                "there is no python3"
            );
            eprintln!("skipped: there is no python3, so nothing was tried with OpenSSL");
            return None;
        };
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let port: u16 = said.next().unwrap().unwrap().parse().unwrap();
        let tally = Tally::default();
        let counted = tally.clone();
        thread::spawn(move || said.map_while(Result::ok).for_each(|_| counted.count()));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Some(Self {
            process,
            folder,
            address,
            tally,
        })
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn payer(adapter: Adapter, at: SocketAddr, pki: &Pki, shows: Option<&Identity>) -> Payer {
    let mut tls = pki.trusting();
    if let Some(Identity { chain, key }) = shows {
        tls = tls.client_certificate(chain.clone(), key.clone());
    }
    let setup = PayerSetup {
        base_url: format!("https://{at}"),
        tls: tls.build().unwrap(),
        sandbox: Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default()))),
        connect_timeout: Duration::from_secs(5),
    };
    Payer::new(adapter, &setup)
}

#[test]
fn alerts_that_an_attacker_makes_openssl_send_prove_nothing() {
    let pki = Pki::new();
    for version in ["1.2", "1.3"] {
        for adapter in Adapter::BOTH {
            let Some(server) = OpenSsl::start(&pki, version, "reads-on") else {
                return;
            };
            let meddling = Meddling::ToServer(b"HHHHH".into());
            let relay = Relay::before(server.address, &server.tally, move |_| meddling.clone());
            let payer = payer(adapter, relay.address(), &pki, None);
            let paid = payer.pay(payout("p-1"));
            let case = format!("{version} {adapter:?}: {:?}", paid.result);
            assert_eq!(
                paid.told,
                [Told::MaybeSent(Some(TlsProblem::VersionRefused))],
                "{case}"
            );
            assert_eq!(server.tally.executed(), 1, "{case}");
            assert!(
                paid.result.is_err_and(|error| error.outcome_unknown()),
                "{case}"
            );
        }
    }
}

#[test]
fn a_client_certificate_that_openssl_refuses_in_the_handshake_is_named_by_both_adapters() {
    let pki = Pki::new();
    let Some(server) = OpenSsl::start(&pki, "1.2", "mutual") else {
        return;
    };
    let strange = pki.stranger.client("partner-1", VALID);
    let expired = pki.platform.client("partner-1", EXPIRED);
    let cases = [
        (None, TlsProblem::HandshakeRefused),
        (Some(&strange), TlsProblem::ClientCertificateRejected),
        (Some(&expired), TlsProblem::ClientCertificateExpired),
    ];
    for adapter in Adapter::BOTH {
        for (shown, problem) in cases {
            let payer = payer(adapter, server.address, &pki, shown);
            for _ in 0..REFUSALS {
                let paid = payer.pay(payout("p-1"));
                assert_eq!(
                    paid.told,
                    [Told::NotSent(Some(problem))],
                    "{adapter:?} {problem:?}"
                );
            }
        }
    }
    assert_eq!(server.tally.executed(), 0);
}
