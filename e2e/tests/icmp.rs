//! What firewalls and routers say to a client whose payout was executed and whose answer was lost:
//! ICMP errors and resets, which end an established connection as if it had been refused.
//!
//! The test runs itself once more in a network namespace of its own, where it may set up a firewall.
//! Where the machine does not allow that it says so, and `SANSPAY_REQUIRE_NETNS=1` makes that a
//! failure.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::env;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sanspay_e2e::{Adapter, End, Manner, Payer, PayerSetup, PayoutServer, Speaks, Told, payout};
use sanspay_testkit::sandbox::{Sandbox, SandboxConfig};

/// Set for the test that runs in the namespace.
const INSIDE: &str = "SANSPAY_INSIDE_NETNS";

/// What is said to the client's retransmissions, as nftables words it, and the number of the error
/// that its connection ends with.
const VERDICTS: [(&str, i32); 6] = [
    ("reject with icmp type port-unreachable", ECONNREFUSED),
    ("reject with icmp type host-unreachable", EHOSTUNREACH),
    ("reject with icmp type admin-prohibited", EHOSTUNREACH),
    ("reject with icmp type prot-unreachable", ENOPROTOOPT),
    ("reject with icmp type net-unreachable", ENETUNREACH),
    ("reject with tcp reset", ECONNRESET),
];

const ENOPROTOOPT: i32 = 92;
const ENETUNREACH: i32 = 101;
const ECONNRESET: i32 = 104;
const ECONNREFUSED: i32 = 111;
const EHOSTUNREACH: i32 = 113;

/// Longer than the kernel tries (below), so that its error is seen; reqwest asks it to try for 30 s.
const PATIENT: Duration = Duration::from_secs(40);

/// How often the kernel of the namespace retransmits before it gives up: about 12 s.
const RETRANSMISSIONS: &str = "5";

fn run(command: &mut Command, input: &str) -> Result<(), String> {
    let process = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null());
    let mut process = process
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))?;
    process
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .map_err(|e| e.to_string())?;
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output
        .status
        .success()
        .then_some(())
        .ok_or(format!("{command:?}: {said}"))
}

/// Lets the namespace talk to itself, and puts up a firewall without rules.
fn set_up() -> Result<(), String> {
    run(Command::new("ip").args(["link", "set", "lo", "up"]), "")?;
    fs::write("/proc/sys/net/ipv4/tcp_retries2", RETRANSMISSIONS).map_err(|e| e.to_string())?;
    firewall("table ip f {\n chain i {\n type filter hook input priority 0;\n }\n}\n")
}

fn firewall(rules: &str) -> Result<(), String> {
    run(Command::new("nft").args(["-f", "-"]), rules)
}

/// Executes one payout behind a firewall that loses the answer and says this to the client.
fn lost_and_said(adapter: Adapter, verdict: &'static str, number: i32) {
    let case = format!("{verdict}, {adapter:?}");
    let sandbox = Arc::new(Mutex::new(Sandbox::new(SandboxConfig::default())));
    let server = PayoutServer::start(
        Speaks::Plain,
        Arc::clone(&sandbox),
        Manner::Says(Vec::new(), End::Stall),
    );
    let port = server.address().port();
    let setup = PayerSetup {
        base_url: server.base_url(server.address()),
        tls: sanspay_tls::TlsConfig::builder().build().unwrap(),
        sandbox,
        connect_timeout: Duration::from_secs(5),
    };
    let payer = Payer::new(adapter, &setup);
    payer.warm_up();
    // The request arrives; its acknowledgement does not, so that the client retransmits.
    firewall(&format!(
        "add rule ip f i tcp sport {port} tcp flags & rst == 0 drop\n"
    ))
    .unwrap();
    let tally = server.tally().clone();
    let watching = thread::spawn(move || {
        assert!(
            tally.wait_for(1, Duration::from_secs(5)),
            "it never arrived"
        );
        firewall(&format!("add rule ip f i tcp dport {port} {verdict}\n")).unwrap();
    });
    let paid = payer.pay_within(PATIENT, payout("p-1"));
    watching.join().unwrap();
    assert_eq!(
        paid.told,
        [Told::MaybeSent(None)],
        "{case}: {:?}",
        paid.result
    );
    let error = paid.result.unwrap_err();
    assert!(error.outcome_unknown(), "{case}: {error:?}");
    // It is that error, which a refused connection or a route that is gone would give as well.
    let shown = format!("{error:?}");
    assert!(
        shown.contains(&format!("code: {number}")),
        "{case}: {shown}"
    );
    assert_eq!(server.tally().executed(), 1, "{case}");
}

#[test]
fn an_executed_payout_is_unknown_whatever_the_network_says_afterwards() {
    if env::var_os(INSIDE).is_some() {
        set_up().unwrap();
        thread::scope(|scope| {
            for (verdict, number) in VERDICTS {
                for adapter in Adapter::BOTH {
                    scope.spawn(move || lost_and_said(adapter, verdict, number));
                }
            }
        });
        return;
    }
    let tools = [("unshare", "--version"), ("ip", "-V"), ("nft", "--version")];
    let missing = tools
        .iter()
        .find_map(|(tool, ask)| run(Command::new(tool).arg(ask), "").err());
    if let Err(why) = missing.map_or_else(
        || {
            run(
                Command::new("unshare").args(["--net", "--map-root-user", "nft", "list", "tables"]),
                "",
            )
        },
        Err,
    ) {
        assert!(
            env::var_os("SANSPAY_REQUIRE_NETNS").is_none(),
            "no network namespace: {why}"
        );
        eprintln!("skipped: this machine allows no network namespace with a firewall: {why}");
        return;
    }
    let test = "an_executed_payout_is_unknown_whatever_the_network_says_afterwards";
    let mut again = Command::new("unshare");
    again
        .args(["--net", "--map-root-user"])
        .arg(env::current_exe().unwrap());
    again
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1");
    let status = again.status().unwrap();
    assert!(status.success(), "in the namespace: {status}");
}
