//! The checkout's doctor over both adapters, and its lines at a real NGINX and a real Apache.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use http::{Request, Response, StatusCode};
use sanspay_core::Verdict;
use sanspay_core::checkout::SigningKey;
use sanspay_core::checkout::doctor::{CheckoutDiagnosis, CheckoutDoctor, Proof};
use sanspay_e2e::{Adapter, Front, FrontKind, Setup, WebServer, WebServerKind};
use sanspay_testkit::pki::Pki;
use sanspay_testkit::sandbox::CheckoutFault;
use sanspay_testkit::server::{FREE_PORT, Merchant};
use sanspay_tls::TlsConfig;

/// A stand-in for the provider's server, which reads paths as that one does: every `/` with the
/// digits behind it is dropped, `-` is dropped from the last name, and its letters are of no case.
fn installation(key: &'static str) -> Merchant {
    Merchant::listen(FREE_PORT, move |request: Request<Vec<u8>>| {
        // As it was sent, where a web server stands before it.
        let sent = request.headers().get("x-request-uri");
        let sent = sent.map(|line| line.to_str().unwrap().to_owned());
        let sent = sent.unwrap_or_else(|| request.uri().to_string());
        let sent = sent.split(' ').find(|word| word.contains('/')).unwrap();
        let (path, query) = sent.split_once('?').unwrap_or((sent, ""));
        let path = path.find("/api/").map_or("", |at| &path[at + 4..]);
        let mut response = Response::new(Vec::new());
        match routed(path).as_str() {
            "auth/sign" => {
                let pairs: Vec<_> = query.split('&').filter_map(|p| p.split_once('=')).collect();
                let sign = SigningKey::new(key).unwrap().sign(&pairs);
                let json = format!(r#"{{"sign":null,"trueSign":"{}"}}"#, sign.as_str());
                *response.body_mut() = json.into_bytes();
            }
            "auth/login" | "admin/trade" | "/gateway" | "/pay" => {}
            _ => *response.status_mut() = StatusCode::NOT_FOUND,
        }
        response
    })
    .unwrap()
}

/// Where the provider's server leads a path to.
fn routed(path: &str) -> String {
    let mut kept = String::new();
    let mut rest = path;
    while let Some(sign) = rest.chars().next() {
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        if sign == '/' && digits > 0 {
            rest = &rest[1 + digits..];
        } else {
            kept.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
    }
    let (folder, name) = kept.rsplit_once('/').unwrap_or(("", &kept));
    let folder = folder.strip_prefix('/').unwrap_or(folder);
    format!("{folder}/{}", name.replace('-', "").to_lowercase())
}

fn examine(adapter: Adapter, base_url: &str, tls: Option<TlsConfig>) -> CheckoutDiagnosis {
    let doctor = CheckoutDoctor::new(base_url);
    let tls = tls.unwrap_or_else(|| TlsConfig::builder().build().unwrap());
    let diagnosis = match adapter {
        Adapter::Blocking => {
            sanspay_blocking::examine_checkout(&doctor, sanspay_blocking::UreqTransport::new(tls))
        }
        Adapter::Async => {
            let transport = sanspay_async::ReqwestTransport::new(tls).unwrap();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(sanspay_async::examine_checkout(&doctor, transport))
        }
    };
    diagnosis.unwrap()
}

/// The status of a request whose path is sent as it is.
fn status(address: SocketAddr, path: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status line")
}

fn address(merchant: &Merchant) -> SocketAddr {
    merchant.base_url()["http://".len()..].parse().unwrap()
}

#[test]
fn an_open_installation_is_recognised_with_its_key_by_both_adapters() {
    for (key, verdict) in [
        (SigningKey::PUBLIC_SAMPLE, Verdict::Bad),
        ("a key of its own", Verdict::Good),
    ] {
        let installation = installation(key);
        for adapter in Adapter::BOTH {
            let diagnosis = examine(adapter, &installation.base_url(), None);
            assert_eq!(diagnosis.proof(), Proof::Nothing, "{diagnosis}");
            let checks = diagnosis.checks();
            assert_eq!(checks[0].verdict(), Verdict::Bad, "no TLS: {diagnosis}");
            let told = checks[1].told().to_lowercase();
            assert_eq!(told.matches("/sign").count(), 5, "{diagnosis}");
            assert_eq!(checks[2].verdict(), verdict, "{diagnosis}");
            assert_eq!(checks[3].verdict(), Verdict::Good, "the clock: {diagnosis}");
        }
    }
}

#[test]
fn over_tls_a_closed_installation_is_sound_and_an_untrusted_one_is_not_seen() {
    let pki = Pki::new();
    let mut setup = Setup::without_mtls(&pki);
    // Its operator has closed the signing route.
    setup
        .sandbox
        .checkout
        .faults
        .remove(&CheckoutFault::OpenSigning);
    let front = Front::start(FrontKind::Embedded, &setup);
    let trusting = TlsConfig::builder().ca(pki.platform.pem()).build().unwrap();
    for adapter in Adapter::BOTH {
        let diagnosis = examine(adapter, &front.base_url(), Some(trusting.clone()));
        assert!(diagnosis.is_healthy(), "{diagnosis}");
        assert_eq!(diagnosis.proof(), Proof::Signature);
        let diagnosis = examine(adapter, &front.base_url(), None);
        assert_eq!(diagnosis.proof(), Proof::Unknown);
        assert!(diagnosis.sentence().contains("CA"), "{diagnosis}");
    }
}

#[test]
fn the_lines_close_the_route_however_it_is_spelled_and_nothing_else() {
    let installation = installation("a key of its own");
    let signing = [
        "/api/auth/sign?a=1",
        "/api/auth/sign",
        "/api/auth/SIGN?a=1",
        "/api/auth/si-gn?a=1",
        "/api/auth/-sign?a=1",
        "/api/auth/sign-?a=1",
        "/api/auth/7/sign?a=1",
        "/api/7/auth/sign?a=1",
        "/api/auth/sign/7?a=1",
        "/api/7auth/sign?a=1",
        "/api/au/7th/sign?a=1",
        "/api/auth/si/7gn?a=1",
        "/api/a/1u/2t/3h/sign?a=1",
        "/api/auth/sign?x=/api/auth/login",
        "/pay/api/auth/sign?a=1",
    ];
    let others = [
        "/api/auth/login",
        "/api/admin/trade?_sort=id&_order=DESC&_start=0&_end=9",
        "/api/admin/trade/2026112522213977664160",
        "/api/gateway/7?x=/api/auth/sign",
        "/api/pay?sign=/auth/sign",
    ];
    for path in signing {
        let path = path.split('?').next().unwrap();
        let below = path.find("/api/").map(|at| &path[at + 4..]).unwrap();
        assert_eq!(
            routed(below),
            "auth/sign",
            "the test's own reading of {path}"
        );
    }
    for kind in WebServerKind::installed() {
        let open = WebServer::start(kind, address(&installation), false);
        let closed = WebServer::start(kind, address(&installation), true);
        for path in signing {
            assert_eq!(status(open.address(), path), 200, "{kind:?} {path}");
            assert_eq!(status(closed.address(), path), 403, "{kind:?} {path}");
        }
        for path in others {
            assert_eq!(status(open.address(), path), 200, "{kind:?} {path}");
            assert_eq!(status(closed.address(), path), 200, "{kind:?} {path}");
        }
        for adapter in Adapter::BOTH {
            let diagnosis = examine(adapter, &format!("http://{}", open.address()), None);
            assert_eq!(diagnosis.proof(), Proof::Nothing, "{kind:?} {diagnosis}");
            let diagnosis = examine(adapter, &format!("http://{}", closed.address()), None);
            assert_eq!(diagnosis.proof(), Proof::Signature, "{kind:?} {diagnosis}");
        }
    }
}
