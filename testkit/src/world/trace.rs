//! What happened, in order: requests with what came of them, waits as asked, and results.

use std::fmt;
use std::time::Duration;

use http::{Method, Response, StatusCode, Uri};

use sanspay_core::escaped;
use sanspay_core::transport::TransportError;

/// Everything that happened, in order. Two drivers that behave the same have equal traces.
///
/// It shows the paths and queries of requests, and never a header or a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace(Vec<Event>);

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request was handed to the network.
    Request {
        /// Its method.
        method: Method,
        /// Its path and query; a UUID in the path is written `{id}`.
        target: String,
        /// What came of it; `None` while it is on its way.
        end: Option<RequestEnd>,
    },
    /// The driver was asked to wait so long. Waiting for the token that another call fetches is
    /// not among them: when and how often a driver looks again is its own affair.
    Wait(Duration),
    /// A line about a result.
    Note(String),
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEnd {
    /// An answer with this status.
    Status(StatusCode),
    /// It was not sent, and the driver knows.
    NotSent,
    /// It may have been sent, and no complete answer came.
    Lost,
    /// The call was given up while the request was on its way.
    Abandoned,
}

impl RequestEnd {
    /// The end of a request as its transport reports it.
    pub fn of(outcome: &Result<Response<Vec<u8>>, TransportError>) -> Self {
        match outcome {
            Ok(response) => Self::Status(response.status()),
            Err(error) if error.may_have_been_sent() => Self::Lost,
            Err(_) => Self::NotSent,
        }
    }
}

impl Trace {
    /// What happened, in order.
    pub fn events(&self) -> &[Event] {
        &self.0
    }

    /// One line for each event.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// What differs from the lines that are expected; `None` if nothing does. A line
    /// `wait at most 200ms` fits every wait that is not longer; every other line fits itself.
    pub fn difference(&self, expected: &[impl AsRef<str>]) -> Option<String> {
        let wrong = (0..self.0.len().max(expected.len())).find(|&index| {
            let pair = self.0.get(index).zip(expected.get(index));
            !pair.is_some_and(|(event, line)| event.fits(line.as_ref()))
        })?;
        let or_end = |line: Option<String>| line.unwrap_or_else(|| "the end".into());
        let want = or_end(expected.get(wrong).map(|line| line.as_ref().to_owned()));
        let got = or_end(self.0.get(wrong).map(ToString::to_string));
        Some(format!(
            "line {}: expected `{want}`, but there is `{got}`\n{self}",
            wrong + 1
        ))
    }

    pub(super) fn push(&mut self, event: Event) -> usize {
        self.0.push(event);
        self.0.len() - 1
    }

    pub(super) fn end_request(&mut self, index: usize, ended: RequestEnd) {
        if let Some(Event::Request { end, .. }) = self.0.get_mut(index) {
            *end = Some(ended);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|event| writeln!(f, "    {event}"))
    }
}

impl Event {
    pub(super) fn request(method: &Method, uri: &Uri) -> Self {
        Self::Request {
            method: method.clone(),
            target: normalised(uri),
            end: None,
        }
    }

    fn fits(&self, line: &str) -> bool {
        match (self, line.strip_prefix("wait at most ")) {
            (Self::Wait(wait), Some(most)) => milliseconds(most).is_some_and(|most| *wait <= most),
            _ => self.to_string() == line,
        }
    }
}

fn milliseconds(text: &str) -> Option<Duration> {
    Some(Duration::from_millis(
        text.strip_suffix("ms")?.parse().ok()?,
    ))
}

/// Path and query, without the ids that the provider invents.
fn normalised(uri: &Uri) -> String {
    let segments: Vec<&str> = uri
        .path()
        .split('/')
        .map(|segment| if is_uuid(segment) { "{id}" } else { segment })
        .collect();
    let query = uri.query().map(|query| format!("?{query}"));
    segments.join("/") + &query.unwrap_or_default()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, b): (usize, u8)| match at {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_hexdigit(),
            })
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request {
                method,
                target,
                end,
            } => {
                write!(f, "{method} {}: ", escaped(target))?;
                match end {
                    None => f.write_str("on its way"),
                    Some(RequestEnd::Status(status)) => write!(f, "{}", status.as_u16()),
                    Some(RequestEnd::NotSent) => f.write_str("not sent"),
                    Some(RequestEnd::Lost) => f.write_str("lost"),
                    Some(RequestEnd::Abandoned) => f.write_str("abandoned"),
                }
            }
            Self::Wait(wait) => write!(f, "wait {wait:?}"),
            Self::Note(text) => escaped(text).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        let mut trace = Trace::default();
        let uri = "https://h/a/6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d?page=2";
        let at = trace.push(Event::request(&Method::GET, &uri.parse().unwrap()));
        trace.end_request(at, RequestEnd::Status(StatusCode::OK));
        trace.push(Event::Wait(Duration::from_millis(150)));
        trace.push(Event::Note("done".into()));
        trace
    }

    #[test]
    fn a_trace_fits_its_own_lines_and_bounds_of_its_waits() {
        let lines = ["GET /a/{id}?page=2: 200", "wait 150ms", "done"];
        assert_eq!(trace().lines(), lines);
        assert_eq!(trace().difference(&lines), None);
        let bounded = ["GET /a/{id}?page=2: 200", "wait at most 150ms", "done"];
        assert_eq!(trace().difference(&bounded), None);
    }

    #[test]
    fn every_difference_is_found() {
        let right = ["GET /a/{id}?page=2: 200", "wait 150ms", "done"];
        let changes: [(usize, &str); 4] = [
            (0, "GET /a/{id}?page=2: 500"),
            (1, "wait at most 149ms"),
            (1, "wait at most soon"),
            (2, "failed"),
        ];
        for (at, line) in changes {
            let mut wrong = right;
            wrong[at] = line;
            let difference = trace().difference(&wrong).unwrap();
            assert!(difference.starts_with(&format!("line {}: ", at + 1)));
        }
        assert!(trace().difference(&right[..2]).is_some());
        assert!(
            trace()
                .difference(&[&right[..], &["more"]].concat())
                .is_some()
        );
    }
}
