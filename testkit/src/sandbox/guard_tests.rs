use std::net::{Ipv4Addr, Ipv6Addr};

use http::request::Builder;
use proptest::prelude::*;

use super::*;

const BOUND: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn guard() -> Guard {
    Guard::new(&SandboxConfig::default(), BOUND)
}

fn post() -> Builder {
    Request::post("/sandbox/tokens/revoke").header("host", "127.0.0.1:8080")
}

fn get() -> Builder {
    Request::get("/checkout?x=1").header("host", "127.0.0.1:8080")
}

fn status(guard: &Guard, request: Builder) -> u16 {
    let answer = guard.admit(&request.body(()).unwrap());
    answer.map_or_else(|barred| barred.status().as_u16(), |()| 200)
}

#[test]
fn only_this_machine_and_listed_hosts_are_asked_for() {
    for (host, expected) in [
        ("127.0.0.1:8080", 200),
        ("127.0.0.1", 200),
        ("localhost:8080", 200),
        ("LOCALHOST", 200),
        ("shop.localhost:1", 200),
        ("[::1]:8080", 200),
        ("evil.example:8080", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("10.0.0.1:8080", 421),
        ("0.0.0.0:8080", 421),
        ("user@localhost", 400),
        ("", 400),
        ("a b", 400),
    ] {
        let request = || Request::post("/").header("host", host);
        assert_eq!(status(&guard(), request()), expected, "{host}");
    }
    assert_eq!(status(&guard(), Request::post("/")), 400, "no host");
    let two = post().header("host", "evil.example");
    assert_eq!(status(&guard(), two), 400, "two hosts");
    let other = Request::get("http://evil.example/").header("host", "localhost");
    assert_eq!(status(&guard(), other), 400, "another host in the target");
}

#[test]
fn hosts_that_are_listed_or_bound_are_allowed() {
    let config = SandboxConfig {
        hosts: vec!["Sandbox.internal".into()],
        ..SandboxConfig::default()
    };
    let guard = Guard::new(&config, Ipv4Addr::new(10, 0, 0, 7).into());
    for (host, expected) in [
        ("sandbox.internal:80", 200),
        ("10.0.0.7:8080", 200),
        ("10.0.0.8:8080", 421),
        ("x.sandbox.internal", 421),
    ] {
        let request = Request::get("/").header("host", host);
        assert_eq!(status(&guard, request), expected, "{host}");
    }
}

#[test]
fn pages_of_other_origins_change_nothing() {
    let site = |site: &str| post().header("sec-fetch-site", site);
    let origin = |origin: &str| post().header("origin", origin);
    for (request, expected) in [
        (post(), 200),
        (site("same-origin"), 200),
        (site("none"), 200),
        (site("same-site"), 403),
        (site("cross-site"), 403),
        (site("new-in-2030"), 403),
        (origin("http://127.0.0.1:8080"), 200),
        (origin("http://127.0.0.1:9090"), 403),
        (origin("http://localhost:8080"), 403),
        (origin("https://evil.example"), 403),
        (origin("null"), 403),
        (origin(""), 403),
        // A page without referrer names no origin when it posts its own form.
        (site("same-origin").header("origin", "null"), 200),
        (
            site("same-origin").header("origin", "http://a.example"),
            403,
        ),
        (
            site("cross-site").header("origin", "http://127.0.0.1:8080"),
            403,
        ),
    ] {
        let told = format!("{request:?}");
        assert_eq!(status(&guard(), request), expected, "{told}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "GET"] {
        let request = site("cross-site").method(method);
        let expected = if matches!(method, "GET" | "HEAD") {
            200
        } else {
            403
        };
        assert_eq!(status(&guard(), request), expected, "{method}");
    }
}

#[test]
fn pages_of_other_origins_may_lead_here_and_load_nothing() {
    let from = |mode: &str, dest: &str| {
        let request = get().header("sec-fetch-site", "cross-site");
        request
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest)
    };
    assert_eq!(status(&guard(), from("navigate", "document")), 200);
    assert_eq!(status(&guard(), from("navigate", "iframe")), 403);
    assert_eq!(status(&guard(), from("no-cors", "image")), 403);
    assert_eq!(status(&guard(), from("cors", "empty")), 403);
    assert_eq!(
        status(&guard(), get().header("origin", "https://evil.example")),
        403
    );
}

#[test]
fn messages_go_to_this_machine_and_to_listed_receivers() {
    let config = SandboxConfig {
        receivers: vec!["shop".into(), "10.1.1.1".into(), "[fd00::1]".into()],
        ..SandboxConfig::default()
    };
    let guard = Guard::new(&config, BOUND);
    let private = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let mapped = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
    for (host, to, allowed) in [
        ("localhost", BOUND, true),
        ("turned.evil.example", BOUND, true),
        ("[::1]", IpAddr::V6(Ipv6Addr::LOCALHOST), true),
        ("x", mapped, true),
        ("localhost", private, false),
        (
            "metadata",
            IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
            false,
        ),
        ("x", IpAddr::V4(Ipv4Addr::UNSPECIFIED), false),
        ("SHOP", private, true),
        ("x.shop", private, false),
        ("x", IpAddr::V4(Ipv4Addr::new(10, 1, 1, 1)), true),
        ("x", "fd00::1".parse().unwrap(), true),
        ("x", "fd00::2".parse().unwrap(), false),
    ] {
        let to = SocketAddr::new(to, 80);
        assert_eq!(guard.receivers(host, [to]).is_ok(), allowed, "{host} {to}");
    }
    let (this, other) = (SocketAddr::new(BOUND, 0), SocketAddr::new(private, 0));
    assert_eq!(guard.receivers("x", [other, this]), Ok(vec![this]));
    assert_eq!(guard.receivers("x", []), Ok(vec![]));
}

#[test]
fn a_refusal_says_why_and_how_to_allow_it_in_one_line() {
    let host = Request::get("/")
        .header("host", "evil.example")
        .body(())
        .unwrap();
    let told_host = guard().admit(&host).unwrap_err().to_string();
    assert!(
        told_host.starts_with("`evil.example` is no host of this server"),
        "{told_host}"
    );
    assert!(told_host.contains("`hosts`"));
    let elsewhere = ["10.0.0.1:0".parse().unwrap()];
    let receiver = guard().receivers("a\n\u{1b}[31m", elsewhere);
    let receiver = receiver.unwrap_err().to_string();
    assert!(
        receiver.contains(r"`a\n\u{1b}[31m` at 10.0.0.1"),
        "{receiver}"
    );
    assert!(receiver.contains("`receivers`"));
    let page = post()
        .header("origin", "https://evil.example")
        .body(())
        .unwrap();
    let barred = guard().admit(&page).unwrap_err();
    let answer = String::from_utf8(barred.response().into_body()).unwrap();
    assert!(answer.contains(r#""code":"page_refused""#), "{answer}");
    assert!(!answer.contains("evil"), "{answer}");
}

proptest! {
    #[test]
    fn no_bytes_in_its_headers_get_another_host_or_page_through(
        host in "[ -~]{0,30}",
        origin in proptest::option::of("[ -~]{0,30}"),
        site in proptest::option::of("[a-z-]{0,12}"),
    ) {
        let mut request = Request::post("/sandbox/faults").header("host", &host);
        if let Some(origin) = &origin {
            request = request.header("origin", origin);
        }
        if let Some(site) = &site {
            request = request.header("sec-fetch-site", site);
        }
        let Ok(request) = request.body(()) else { return Ok(()) };
        if guard().admit(&request).is_ok() {
            prop_assert!(host.contains("127.") || host.to_lowercase().contains("localhost"));
            prop_assert!(site.is_none_or(|site| site == "none" || site == "same-origin"));
            prop_assert!(origin.is_none_or(|o| o == "null" || o.to_lowercase().ends_with(&host.to_lowercase())));
        }
    }
}
