//! Whole profiles, and everything that can be wrong with one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use sanspay_core::partner::ShowPayment;
use sanspay_core::profile::{Grade, LEAVES, Leaf, LeafValue};
use sanspay_core::{Api, BaseUrl, Endpoint, Wire};
use sanspay_profile::{ASSUMED, ZEPHYR, from_json, from_toml};

fn lines(text: &str) -> Vec<String> {
    let problems = from_toml(text).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_file_of_the_defaults_says_every_leaf_as_the_sdk_assumes_it() {
    let file = from_toml(ASSUMED).unwrap();
    let leaves = file.profile().leaves();
    let said: Vec<_> = leaves.said().map(|(path, _)| path).collect();
    assert_eq!(said.len(), LEAVES.len());
    for leaf in LEAVES {
        // One word is said as a text or as a list.
        let texts = |value: LeafValue| match value {
            LeafValue::Text(text) => LeafValue::Texts(vec![text]),
            other => other,
        };
        assert_eq!(
            texts(leaves.get(leaf.path())),
            texts(leaf.default_value()),
            "{}",
            leaf.path()
        );
        assert_eq!(file.grade(leaf).grade, leaf.grade(), "{}", leaf.path());
    }
}

#[test]
fn another_provider_is_read_as_its_file_says() {
    let file = from_toml(ZEPHYR).unwrap();
    assert_eq!(file.name(), "zephyr");
    assert!(file.source().eq([
        ("collection", "zephyr-2.postman.json"),
        ("published", "2026-05-19")
    ]));
    let api = Api::new(BaseUrl::new("https://api.example.com").unwrap())
        .with_wire(Wire::from(file.profile().clone()));
    let answer = br#"{"result":{"transaction":{"uuid":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d",
        "state":{"name":"SETTLED"},"money":{"minor":1050,"iso":"ISK"}}}}"#;
    let record = ShowPayment::new("6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d".parse().unwrap())
        .read(&api, &http::Response::new(&answer[..]))
        .unwrap();
    assert!(record.status().is_paid());
    assert_eq!(record.amount().to_string(), "10.50");
}

#[test]
fn the_longest_name_grades_a_leaf() {
    let file = from_toml(ZEPHYR).unwrap();
    let grade = |path: &str| file.grade(Leaf::of(path).unwrap());
    assert_eq!(grade("record.id").grade, Grade::Collection);
    assert_eq!(
        grade("record.id").evidence.as_deref(),
        Some("Charges / Show / 200 OK")
    );
    assert_eq!(grade("record.status").grade, Grade::Documented);
    assert_eq!(
        grade("token.route").grade,
        Grade::Assumed,
        "said, and not graded"
    );
    let bare = from_toml("format = 1\nname = \"n\"\nmoney.form = \"decimal-string\"").unwrap();
    let route = bare.grade(Leaf::of("token.route").unwrap());
    assert_eq!(
        route.grade,
        Grade::Documented,
        "not said, so as sure as the default"
    );
}

#[test]
fn json_says_the_same() {
    let json = r#"{
        "format": 1, "name": "zephyr", "money": {"form": "minor-integer", "decimals": {"ISK": 2}},
        "record": {"id": "/uuid"}, "token": {"constants": {"/grant_type": "client_credentials"}},
        "status": {"created": ["A", "B"], "paid": "C", "failed": "D", "expired": "E"},
        "page": {"number": false}
    }"#;
    let toml = r#"
        format = 1
        name = "zephyr"
        money = { form = "minor-integer", decimals = { ISK = 2 } }
        record.id = "/uuid"
        token.constants = { "/grant_type" = "client_credentials" }
        status = { created = ["A", "B"], paid = "C", failed = "D", expired = "E" }
        page.number = false
    "#;
    let (json, toml) = (from_json(json).unwrap(), from_toml(toml).unwrap());
    assert_eq!(json.profile(), toml.profile());
    let error = from_json("{\n\"format\": }").unwrap_err();
    assert_eq!(error.iter().next().unwrap().line(), 2);
}

#[test]
fn every_mistake_of_a_file_is_said_at_once_with_its_place() {
    let file = r#"format = 2
name = ""
based_on = "another@1"
source = { date = 2026-05-19 }
settle_seconds = -1
unknown = true
money = { from = "minor-integer", decimals = { isk = 2 } }
record = { id = "uuid", amount = "/a", currency = "/a/b" }
status = { paid = "DONE", failed = "DONE" }
show.route = "/one"
page = { number = true }
[grades]
"record.colour" = "documented"
"record" = "certain"
"#;
    assert_eq!(
        lines(file),
        [
            "1:1: format must be 1: the form of profile that is read here",
            "1:1: name must be said: what the provider is called",
            "1:1: money.form must be said: whether amounts count units or their smallest parts is \
             never assumed",
            "1:1: status.created must be said as well: the words of one kind belong together",
            "1:1: status.expired must be said as well: the words of one kind belong together",
            "2:1: name is no leaf of a profile",
            "3:1: based_on must be \"qiaopay-assumed@1\", the only default",
            "4:12: source.date must be a text",
            "5:1: settle_seconds must be a whole number",
            "6:1: unknown is no leaf of a profile",
            "7:11: money.from is no leaf of a profile; is it money.form?",
            "7:35: money.decimals must be currencies with their decimals, such as { ISK = 2 }, or false",
            "8:12: record.id must be a place such as /money/amount",
            "8:40: record.currency is at, inside of or around the place of another field",
            "9:27: status.failed has a word that means something else as well",
            "10:6: show.route must say with {uuid} where the record's id stands",
            "11:10: page.number must be the name of a parameter, or false",
            "13:1: grades.record.colour grades nothing: it names no leaf and no group of leaves",
            "14:1: grades.record must be assumed, collection or documented, or a table with such a \
             `grade` and an `evidence`",
        ]
    );
}

#[test]
fn what_is_no_toml_is_said_with_its_place_as_well() {
    let told = lines("format = 1\nname = \"n\nmoney = ");
    assert!(told.iter().any(|line| line.starts_with("2:")), "{told:?}");
}

proptest! {
    /// Whatever is done to a file, it is a profile or a list of problems.
    #[test]
    fn no_file_breaks_the_reader(at in 0usize..3000, length in 0usize..40, put in "[\\PC\n\"=\\[\\]{}.]{0,12}") {
        let mut text = ZEPHYR.to_owned();
        let floor = |text: &str, mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let begin = floor(&text, at);
        let end = floor(&text, begin + length).max(begin);
        text.replace_range(begin..end, &put);
        if let Err(problems) = from_toml(&text) {
            prop_assert!(problems.iter().count() > 0);
            prop_assert!(problems.iter().all(|problem| problem.line() <= text.lines().count() + 1));
        }
        let _ = from_json(&text);
    }
}
