//! Which headers are written, and what of their values.

use super::super::message::Headers;
use super::super::time_shift;
use super::{Redactor, is_found, kept_values};

/// Schemes of `Authorization` and `WWW-Authenticate`.
const SCHEMES: [&str; 4] = ["Bearer", "bearer", "Basic", "basic"];

/// Headers about pages, which a client may go by.
const PAGING: [&str; 7] = [
    "content-range",
    "x-next-page",
    "x-page",
    "x-per-page",
    "x-total",
    "x-total-count",
    "x-total-pages",
];

impl Redactor<'_> {
    pub(super) fn headers(&mut self, headers: &Headers) -> Headers {
        let mut written = Headers::default();
        for (name, text) in &headers.0 {
            if let Some(text) = self.header(name, text) {
                // A header holds no line break, wherever the text came from.
                let line = text.replace(|c: char| c.is_ascii_control(), " ");
                written.0.insert(name.clone(), line);
            }
        }
        written
    }

    /// `None` for a header that is not written.
    fn header(&mut self, name: &str, text: &str) -> Option<String> {
        let is_kept = match name {
            "accept" | "content-type" => kept_values::is_media_type(text),
            "retry-after" => kept_values::is_seconds(text),
            _ => false,
        };
        let is_kept = is_kept || self.rules.keeps(name);
        if is_kept && !is_found(self.rules.secrets(), text) {
            return Some(text.to_owned());
        }
        Some(match name {
            "authorization" | "www-authenticate" => self.after_scheme(text),
            "retry-after" => {
                time_shift::http_date(text, self.shift).unwrap_or_else(|| self.value(name, text))
            }
            "link" => self.link_header(text),
            _ if PAGING.contains(&name) => self.value("total", text),
            "idempotency-key" => self.value("idempotency_key", text),
            "x-request-id" => self.value("request_id", text),
            "accept" | "content-type" | "location" => self.value(name, text),
            _ if self.rules.keeps(name) => self.value(name, text),
            _ => return None,
        })
    }

    /// A client may go by whether there is a next page.
    fn link_header(&mut self, text: &str) -> String {
        let next = if text.contains("next") {
            "; rel=next"
        } else {
            ""
        };
        format!("{}{next}", self.value("link", text))
    }

    fn after_scheme(&mut self, text: &str) -> String {
        match text.split_once(' ') {
            Some((scheme, rest)) if SCHEMES.contains(&scheme) => {
                format!("{scheme} {}", self.value("access_token", rest))
            }
            _ if SCHEMES.contains(&text) => text.to_owned(),
            _ => self.value("authorization", text),
        }
    }
}
