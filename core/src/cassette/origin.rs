//! Scheme, host and port of the server, which a cassette does not keep.

use std::collections::BTreeSet;

use http::Uri;

/// What stands for the origin of the requests; a replay puts that of the asking client there.
pub(super) const ORIGIN: &str = "<origin>";

/// The origin of an absolute URI.
pub(super) fn of(uri: &Uri) -> Option<String> {
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    // Credentials in an authority belong to nobody's origin.
    let host = authority.as_str().rsplit('@').next()?;
    Some(format!("{scheme}://{host}"))
}

/// Takes the origins out of a text, and the ports of this machine's own addresses.
pub(super) fn hide(text: &str, origins: &BTreeSet<String>) -> String {
    let mut text = text.to_owned();
    // The longest first: one origin may begin like another.
    let mut sorted: Vec<_> = origins.iter().collect();
    sorted.sort_by_key(|origin| usize::MAX - origin.len());
    for origin in sorted {
        text = replace_whole(&text, origin);
    }
    for host in ["127.0.0.1:", "localhost:", "[::1]:"] {
        text = without_ports(&text, host);
    }
    text
}

/// Replaces the origin where it does not go on, as `https://a.example` does in
/// `https://a.example.org`.
fn replace_whole(text: &str, origin: &str) -> String {
    let mut replaced = String::new();
    let mut parts = text.split(origin);
    replaced.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let goes_on =
            part.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':'));
        replaced.push_str(if goes_on { origin } else { ORIGIN });
        replaced.push_str(part);
    }
    replaced
}

fn without_ports(text: &str, host: &str) -> String {
    let mut parts = text.split(host);
    let mut cleaned = parts.next().unwrap_or_default().to_owned();
    let name = host.trim_end_matches(':');
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let has_port = rest.len() < part.len();
        cleaned.push_str(if has_port { name } else { host });
        cleaned.push_str(if has_port { rest } else { part });
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_loopback_ports_are_taken_out() {
        let origins = ["https://a.example", "http://127.0.0.1:4711"];
        let origins = origins.map(str::to_owned).into();
        let text = "https://a.example/x https://a.example.org/ http://127.0.0.1:4711?y http://localhost:80/z";
        let told = "<origin>/x https://a.example.org/ <origin>?y http://localhost/z";
        assert_eq!(hide(text, &origins), told);
        let uri = "https://u:p@a.example:8443/x".parse().unwrap();
        assert_eq!(of(&uri).as_deref(), Some("https://a.example:8443"));
    }
}
