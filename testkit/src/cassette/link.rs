//! Links: where a list goes on and where a payer is sent, without the origin of the server.

use http::Uri;

use super::message::{Pair, encoded, encoded_path, pairs};
use super::placeholder;

/// What stands for the origin of the requests; a replay puts that of the asking client there.
pub(super) const ORIGIN: &str = "<origin>";

/// How the placeholder of any other origin begins: a host that exists nowhere, so that a client
/// still reads a link and sees that it leads elsewhere.
const FOREIGN: &str = "://origin-";

/// The origin of an absolute URI.
pub(super) fn origin_of(uri: &Uri) -> Option<String> {
    Some(origin(uri.scheme_str()?, uri.authority()?.as_str()))
}

/// Credentials in an authority belong to nobody's origin.
fn origin(scheme: &str, authority: &str) -> String {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}")
}

/// The placeholder of an origin that is not the server's.
pub(super) fn foreign_origin(scheme: &str, number: usize) -> String {
    format!("{scheme}{FOREIGN}{number}.invalid")
}

/// Whether this is the placeholder of an origin.
pub(super) fn is_hidden_origin(origin: &str) -> bool {
    origin == ORIGIN
        || ["http", "https"].iter().any(|scheme| {
            origin
                .strip_prefix(scheme)
                .is_some_and(|rest| rest.starts_with(FOREIGN))
        })
}

/// A link in its parts; a fragment is left out.
pub(super) struct Link {
    /// Empty for a link that begins with a path or a query.
    pub(super) origin: String,
    pub(super) path: String,
    /// Decoded.
    pub(super) query: Option<Vec<Pair>>,
}

impl Link {
    /// `None` where the text is no link over HTTP and does not begin with a path or query.
    pub(super) fn read(text: &str) -> Option<Self> {
        let absolute = text
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
        let (origin, target) = match absolute {
            Some((scheme, rest)) => {
                let (authority, target) =
                    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
                (origin(scheme, authority), target)
            }
            None => match text.strip_prefix(ORIGIN) {
                Some(target) => (ORIGIN.to_owned(), target),
                None if text.starts_with("//") => return None,
                None if text.starts_with(['/', '?']) => (String::new(), text),
                None => return None,
            },
        };
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(pairs(query))),
            None => (target, None),
        };
        Some(Self {
            origin,
            path: path.to_owned(),
            query,
        })
    }

    /// The same for a text of a cassette that holds placeholders, or is about the origin.
    pub(super) fn read_recorded(text: &str) -> Option<Self> {
        Self::read(text).filter(|link| {
            is_hidden_origin(&link.origin)
                || (link.origin.is_empty() && !placeholder::free_places(text).is_empty())
        })
    }

    /// As it stands in a cassette: encoded, except for placeholders.
    pub(super) fn redacted(&self) -> String {
        let part = |text: &str| -> String {
            if placeholder::is_placeholder(text) {
                return text.to_owned();
            }
            form_urlencoded::byte_serialize(text.as_bytes()).collect()
        };
        let query = self.query.as_ref().map(|query| {
            let pairs = query
                .iter()
                .map(|Pair(name, value)| format!("{}={}", part(name), part(value)));
            format!("?{}", pairs.collect::<Vec<_>>().join("&"))
        });
        format!("{}{}{}", self.origin, self.path, query.unwrap_or_default())
    }

    /// As it goes over the wire.
    pub(super) fn encoded(&self) -> String {
        let query = self
            .query
            .as_ref()
            .map(|query| format!("?{}", encoded(query)));
        let path = encoded_path(&self.path);
        format!("{}{path}{}", self.origin, query.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_no_credentials() {
        let uri = "https://u:p@a.example:8443/x".parse().unwrap();
        assert_eq!(origin_of(&uri).as_deref(), Some("https://a.example:8443"));
    }

    #[test]
    fn links_are_read_in_their_parts() {
        for (text, parts) in [
            (
                "https://u:p@a.example/x?b=2&a=1#f",
                Some(("https://a.example", "/x", 2)),
            ),
            (
                "http://127.0.0.1:4711",
                Some(("http://127.0.0.1:4711", "", 0)),
            ),
            (
                "<origin>/x?a=<redacted:cursor:1>",
                Some(("<origin>", "/x", 1)),
            ),
            ("?page=2", Some(("", "", 1))),
            ("/x", Some(("", "/x", 0))),
            ("//a.example/x", None),
            ("ftp://a.example/x", None),
            ("jane@mail.example", None),
            ("", None),
        ] {
            let link = Link::read(text);
            let read = link.as_ref().map(|link| {
                let pairs = link.query.as_ref().map_or(0, Vec::len);
                (&*link.origin, &*link.path, pairs)
            });
            assert_eq!(read, parts, "{text}");
        }
    }

    #[test]
    fn only_what_was_redacted_is_a_recorded_link() {
        for text in [
            "<origin>/x",
            "https://origin-1.invalid/x",
            "?cursor=<redacted:cursor:1>",
        ] {
            let link = Link::read_recorded(text).unwrap();
            assert_eq!(link.redacted(), text);
            assert!(link.encoded().find('<').is_none_or(|at| at == 0));
        }
        for text in ["/x?a=1", "https://a.example/x", "<redacted:url:1>"] {
            assert!(Link::read_recorded(text).is_none(), "{text}");
        }
    }
}
