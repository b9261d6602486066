//! `fixtures/cassette_leaks.jsonl`, line by line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use regex::Regex;
use sanspay_testkit::cassette::Redaction;
use serde::Deserialize;

use super::{Call, record};

const CASES: &str = include_str!("../../fixtures/cassette_leaks.jsonl");

#[derive(Deserialize)]
struct Case {
    id: String,
    must: String,
    #[serde(default)]
    told: Vec<String>,
    request: Asked,
    answer: Answered,
    expect: Expected,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    matches: Vec<String>,
}

impl Case {
    fn call(&self) -> Call {
        let mut request = Request::builder()
            .method(self.request.method.as_str())
            .uri(&self.request.uri);
        for (name, value) in &self.request.headers {
            request = request.header(name, value);
        }
        let mut answer = Response::builder().status(self.answer.status);
        for (name, value) in &self.answer.headers {
            answer = answer.header(name, value);
        }
        let body = match (&self.answer.body, &self.answer.body_base64) {
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(encoded)) => STANDARD.decode(encoded).unwrap(),
            _ => panic!("{} has one body", self.id),
        };
        Call::new(
            request.body(self.request.body.as_bytes().to_vec()).unwrap(),
            answer.body(body).unwrap(),
        )
    }

    /// What is wrong with the file of this case.
    fn faults(&self) -> Vec<String> {
        let rules = self
            .told
            .iter()
            .fold(Redaction::new(), |rules, told| rules.secret(told.as_str()));
        let text = match (record(rules, &[self.call()]), &*self.must) {
            (Ok(text), _) => text,
            (Err(_), "never_written") => return Vec::new(),
            (Err(error), _) => return vec![format!("{}: {error}", self.id)],
        };
        let unspaced: String = text.split_whitespace().collect();
        let found = self
            .expect
            .lacks
            .iter()
            .filter(|lacks| text.contains(*lacks) || unspaced.contains(*lacks));
        let missing = self
            .expect
            .matches
            .iter()
            .filter(|pattern| !Regex::new(pattern).unwrap().is_match(&unspaced));
        found
            .map(|part| format!("{}: {part} is in {text}", self.id))
            .chain(missing.map(|part| format!("{}: {part} is not in {text}", self.id)))
            .collect()
    }
}

#[test]
fn every_case_holds() {
    let cases: Vec<Case> = CASES
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let count = |must: &str| cases.iter().filter(|case| case.must == must).count();
    assert_eq!((count("never_written"), count("stay_readable")), (40, 15));
    let faults: Vec<_> = cases.iter().flat_map(Case::faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
