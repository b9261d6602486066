//! Hosts that are this machine, and names that nobody can own.

use std::net::IpAddr;

/// Names for examples and tests (RFC 2606 and RFC 6761), with everything below them.
const RESERVED: [&str; 7] = [
    "example",
    "example.com",
    "example.net",
    "example.org",
    "test",
    "invalid",
    "localhost",
];

/// Whether the host of a URL is `localhost` or a loopback address.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether the host of a URL is a name that nobody can own.
pub(crate) fn is_reserved(host: &str) -> bool {
    RESERVED.iter().any(|name| is_below(host, name))
}

/// Whether the host is this name or one below it.
pub(crate) fn is_below(host: &str, name: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let Some(start) = host.len().checked_sub(name.len()) else {
        return false;
    };
    let (rest, end) = host.as_bytes().split_at(start);
    end.eq_ignore_ascii_case(name.as_bytes()) && (rest.is_empty() || rest.ends_with(b"."))
}

/// The address that the host of a URL is, where it is no name.
pub(crate) fn address(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "0.0.0.0",
            "10.0.0.1",
            "[::]",
            "localhost.evil.org",
            "127.0.0.1.nip.io",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn reserved_names_and_what_is_below_them_belong_to_nobody() {
        for host in [
            "example.com",
            "api.example.com",
            "API.Example.ORG",
            "shop.example",
            "a.test",
            "x.invalid",
            "sub.localhost",
            "api.example.net.",
        ] {
            assert!(is_reserved(host), "{host}");
        }
        for host in [
            "example.co",
            "myexample.com",
            "example.com.evil.org",
            "atest",
            "",
            ".",
        ] {
            assert!(!is_reserved(host), "{host}");
        }
    }
}
