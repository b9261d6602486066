//! Files that are not as they were written.

use super::*;

const SMALL: &str = r#"{
  "sanspay_cassette": 1,
  "name": "n",
  "interactions": [
    {
      "kind": "call",
      "at": 0,
      "request": {"method": "GET", "path": "/x", "headers": {"a": "b"}, "query": ["a=b"]},
      "response": {"status": 200, "body": {"json": {"amount": 10.00}}}
    },
    {"kind": "call", "at": 0, "request": {"method": "GET", "path": "/x"}, "failure": "not_sent"}
  ]
}"#;

fn error(text: &str) -> String {
    Cassette::from_json("a.json", text).unwrap_err().to_string()
}

#[test]
fn what_is_read_is_written_the_same() {
    let written = text_of(Redaction::new(), get("/x?b=1&a=2"), r#"{"amount": 10.00}"#);
    assert!(written.contains("\"amount\": 10.00"), "{written}");
    assert_eq!(read(&written).to_json(), written);
    assert_eq!(read(&written.replace('\n', " ")).to_json(), written);
}

#[test]
fn a_file_without_checks_is_fine() {
    assert_eq!(read(SMALL).interactions().len(), 2);
}

#[test]
fn a_file_cut_short_anywhere_names_the_place() {
    let written = text_of(Redaction::new(), get("/x"), r#"{"page": 1}"#);
    for length in 0..written.len() - 2 {
        let Some(cut) = written.get(..length) else {
            continue;
        };
        let error = Cassette::from_json("a.json", cut).unwrap_err();
        let (line, _) = error.position().unwrap();
        assert_eq!(line, cut.matches('\n').count() + 1, "{error}");
        assert!(error.to_string().starts_with("a.json:"));
    }
}

#[test]
fn each_wrong_part_is_named_with_its_place() {
    for (right, wrong, told) in [
        ("\"GET\"", "\"G T\"", "a.json:8:33: expected an HTTP method"),
        (
            "\"/x\"",
            "\"x\"",
            "a.json:8:46: expected a path that begins with /",
        ),
        (
            "\"a\": \"b\"",
            "\"A\": \"b\"",
            "a.json:8:70: expected HTTP headers with names in lower case",
        ),
        ("200", "99", "a.json:9:31: expected an HTTP status"),
        ("\"at\": 0", "\"at\": -1", "a.json:7:14: expected u64"),
        (
            "\"kind\": \"call\"",
            "\"kind\": \"sk_live\"",
            "a.json:6:23: expected one of `call`, `webhook`, `notification`, `return`",
        ),
        (
            "\"name\"",
            "\"nom\"",
            "a.json:3:7: expected one of `sanspay_cassette`, `name`, `profile`, `interactions`",
        ),
        (
            "{\"json\"",
            "{\"jason\"",
            "a.json:9:50: expected one of `json`, `form`, `text`, `hidden`",
        ),
        (
            ", \"failure\": \"not_sent\"",
            "",
            "a.json, /interactions/1: a call has either a response or a failure",
        ),
        (
            "{\"kind\": \"call\"",
            "{\"kind\": \"webhook\"",
            "a.json, /interactions/1/failure: only calls can fail",
        ),
        (
            "\"sanspay_cassette\": 1",
            "\"sanspay_cassette\": 2",
            "a.json, /sanspay_cassette: version 2 is newer than what this reads, 1: update",
        ),
        (
            "\"sanspay_cassette\": 1",
            "\"sanspay_cassette\": 0",
            "a.json, /sanspay_cassette: there is no version 0",
        ),
        (
            "\"sanspay_cassette\": 1,",
            "",
            "a.json:13:1: missing field `sanspay_cassette`",
        ),
    ] {
        assert!(SMALL.contains(right), "{right}");
        assert_eq!(error(&SMALL.replacen(right, wrong, 1)), told);
    }
}

#[test]
fn an_edit_by_hand_is_found_unless_it_is_declared() {
    let written = text_of(Redaction::new(), get("/x"), r#"{"page": 1}"#);
    let edited = written.replace("\"page\": 1", "\"page\": 2");
    let told =
        "a.json, /interactions/0/check: edited by hand: record again, or delete this `check`";
    assert_eq!(error(&edited), told);
    let check = edited
        .lines()
        .find(|line| line.contains("\"check\""))
        .unwrap();
    let declared = edited.replace(&format!(",\n{check}"), "");
    assert_eq!(read(&declared).interactions().len(), 1);
}

#[test]
fn a_newer_file_is_called_newer_whatever_else_is_new() {
    let text = r#"{"sanspay_cassette": 7, "chapters": {}}"#;
    assert!(error(text).contains("version 7 is newer"));
}

#[test]
fn an_error_quotes_nothing_of_the_file() {
    let text = SMALL.replace("\"name\": \"n\"", "\"name\": 4711");
    assert!(!error(&text).contains("4711"));
}
