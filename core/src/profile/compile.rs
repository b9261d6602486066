//! Makes the tables of a profile from its leaves, and says everything that is wrong with them.

use std::collections::BTreeSet;

use jsonptr::{Pointer, PointerBuf};

use super::forms::Unit;
use super::leaf::{LEAVES, LeafValue, Leaves};
use super::{Compiled, Envelope, MoneyForm, Places, QueryNames, TimeForm, Words};
use crate::error::Problems;

/// The tables, with every problem noted. They are of no use where there is one.
pub(super) fn compile(leaves: Leaves, problems: &mut Problems) -> Compiled {
    let mut reader = Reader {
        leaves: &leaves,
        problems,
    };
    reader.check_whole();
    let compiled = Compiled {
        leaves: Leaves::new(),
        money: reader.money(),
        time: match reader.text("time.form").as_str() {
            "unix-seconds" => TimeForm::UnixSeconds,
            "unix-millis" => TimeForm::UnixMillis,
            _ => TimeForm::Rfc3339,
        },
        token: reader.envelope("token.at", "token.answer.access_token", "token.answer."),
        token_as_form: reader.text("token.body") == "form",
        token_request: reader.places("token.send.", Some("token.constants")),
        record: reader.envelope("record.at", "record.id", "record."),
        status: reader.words("status."),
        record_type: reader.words("type."),
        event: reader.words("event."),
        payment: reader.places("create_payment.send.", Some("create_payment.constants")),
        payout: reader.places("request_payout.send.", Some("request_payout.constants")),
        item: reader.place("list.item").unwrap_or_default(),
        entry: {
            let item = reader.place("list.item").unwrap_or_default();
            reader.places_below("record.", &item)
        },
        query: reader.query(),
        page: reader.page(),
        error: reader.places("error.", None),
        webhook: reader.places("webhook.", None),
    };
    if compiled.token_as_form && !compiled.token_request.is_flat() {
        let told = "must be json: a form has no places inside of others";
        problems.add("token.body", told);
    }
    Compiled { leaves, ..compiled }
}

struct Reader<'a> {
    leaves: &'a Leaves,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// What is checked across leaves.
    fn check_whole(&mut self) {
        let says_something = self.leaves.said().next().is_some();
        let says_money = self.leaves.said().any(|(path, _)| path == "money.form");
        self.problems.require(
            says_money || !says_something,
            "money.form",
            "must be said: whether amounts count units or their smallest parts is never assumed",
        );
        self.problems.require(
            self.text("show.route").contains("{uuid}"),
            "show.route",
            "must say with {uuid} where the record's id stands",
        );
        // Half inherited, a list of words says what the provider never meant.
        for group in ["status.", "type.", "event."] {
            let said =
                |leaf: &&super::Leaf| self.leaves.said().any(|(path, _)| path == leaf.path());
            let (some, others): (Vec<&super::Leaf>, Vec<&super::Leaf>) =
                group_of(group).partition(said);
            for leaf in others.iter().filter(|_| !some.is_empty()) {
                let told = "must be said as well: the words of one kind belong together";
                self.problems.add(leaf.path(), told);
            }
        }
    }

    fn text(&self, path: &str) -> String {
        match self.leaves.get(path) {
            LeafValue::Text(text) => text,
            _ => String::new(),
        }
    }

    fn name(&self, path: &str) -> Option<Box<str>> {
        match self.leaves.get(path) {
            LeafValue::Text(text) => Some(text.into()),
            _ => None,
        }
    }

    fn place(&self, path: &str) -> Option<PointerBuf> {
        match self.leaves.get(path) {
            LeafValue::Text(text) => PointerBuf::parse(text).ok(),
            _ => None,
        }
    }

    fn texts(&self, path: &str) -> Vec<String> {
        match self.leaves.get(path) {
            LeafValue::Text(text) => vec![text],
            LeafValue::Texts(texts) => texts,
            _ => Vec::new(),
        }
    }

    fn table(&self, path: &str) -> Vec<(String, String)> {
        match self.leaves.get(path) {
            LeafValue::Table(table) => table,
            _ => Vec::new(),
        }
    }

    fn money(&self) -> MoneyForm {
        let form = self.text("money.form");
        let decimals = self.table("money.decimals").into_iter();
        MoneyForm {
            unit: if form.starts_with("minor") {
                Unit::Minor
            } else {
                Unit::Major
            },
            number: form == "minor-integer" || form == "decimal-number",
            decimals: decimals
                .filter_map(|(code, decimals)| Some((code.into(), decimals.parse().ok()?)))
                .collect(),
        }
    }

    /// The places of a group of leaves, each under the last part of its name.
    fn places(&mut self, group: &'static str, constants: Option<&'static str>) -> Places {
        let mut places = Places::default();
        for leaf in group_of(group) {
            let field = leaf.path().get(group.len()..).unwrap_or(leaf.path());
            let Some(place) = self.place(leaf.path()).filter(|_| field != "at") else {
                continue;
            };
            if places.add(field, &place).is_err() {
                let told = "is at, inside of or around the place of another field";
                self.problems.add(leaf.path(), told);
            }
        }
        for (place, json) in constants.map_or_else(Vec::new, |path| self.table(path)) {
            let added = Pointer::parse(&place).map(|place| places.add_constant(place, &json));
            if !matches!(added, Ok(Ok(()))) {
                let told = "has the place of a field";
                self.problems.add(constants.unwrap_or(group), told);
            }
        }
        places
    }

    fn envelope(&mut self, at: &str, mark: &'static str, group: &'static str) -> Envelope {
        let places = self.texts(at).into_iter();
        let at: Vec<_> = places
            .filter_map(|place| PointerBuf::parse(place).ok())
            .collect();
        Envelope {
            whole: at.iter().map(|at| self.places_below(group, at)).collect(),
            at,
            mark: self.place(mark).unwrap_or_default(),
            mark_field: mark.rsplit('.').next().unwrap_or(mark),
            fields: self.places(group, None),
        }
    }

    /// The places of a group from further outside; what is wrong with them is said once, by
    /// [`places`](Self::places).
    fn places_below(&self, group: &'static str, at: &Pointer) -> Places {
        let mut places = Places::default();
        for leaf in group_of(group) {
            let field = leaf.path().get(group.len()..).unwrap_or(leaf.path());
            if let Some(place) = self.place(leaf.path()).filter(|_| field != "at") {
                let _ = places.add(field, &at.concat(&place));
            }
        }
        places
    }

    /// The words of a group of leaves; ours are those of the defaults.
    fn words(&mut self, group: &'static str) -> Words {
        let mut words = Words::default();
        for leaf in group_of(group) {
            let Some(ours) = leaf.default_word() else {
                continue;
            };
            for theirs in self.texts(leaf.path()) {
                if !words.add(&theirs, ours) {
                    self.problems
                        .add(leaf.path(), "has a word that means something else as well");
                }
            }
        }
        words
    }

    fn query(&mut self) -> QueryNames {
        let (offset, first) = (self.name("page.offset"), self.leaves.get("page.first"));
        let known = matches!(first, LeafValue::Number(0 | 1));
        let told = "must be 0 or 1: the number of the first page";
        self.problems.require(known, "page.first", told);
        for path in ["page.number", "page.cursor"] {
            let said = self.leaves.said().any(|(said, _)| said == path);
            let both = offset.is_some() && said && self.name(path).is_some();
            let told = "must be false: page.offset says how pages are asked for";
            self.problems.require(!both, path, told);
        }
        let names = QueryNames {
            status: self.name("list.query.status"),
            record_type: self.name("list.query.type"),
            currency: self.name("list.query.currency"),
            reference: self.name("list.query.reference"),
            created_from: self.name("list.query.created_from"),
            created_to: self.name("list.query.created_to"),
            number: self.name("page.number").filter(|_| offset.is_none()),
            cursor: self.name("page.cursor").filter(|_| offset.is_none()),
            offset,
            from_zero: first == LeafValue::Number(0),
            size: self.name("page.size"),
        };
        let mut seen = BTreeSet::new();
        for path in LEAVES.iter().map(super::Leaf::path).filter(|path| {
            path.starts_with("list.query.")
                || ["page.number", "page.cursor", "page.offset", "page.size"].contains(path)
        }) {
            let name = self.name(path);
            if name.is_some_and(|name| !seen.insert(name)) {
                self.problems
                    .add(path, "is the name of another parameter as well");
            }
        }
        names
    }

    /// The places of a page, under the names by which pages are read.
    fn page(&mut self) -> Places {
        let mut places = Places::default();
        for (leaf, field) in [
            ("page.items", "data"),
            ("page.next_cursor", "next_cursor"),
            ("page.next_link", "next_page_url"),
            ("page.more", "has_more"),
            ("page.total", "total"),
            ("page.current", "current_page"),
            ("page.last", "last_page"),
            ("page.per_page", "per_page"),
        ] {
            let Some(place) = self.place(leaf) else {
                continue;
            };
            let in_list = place.tokens().any(|name| name.decoded() == "0");
            let told = "must not go through a list: a page is read as one object";
            self.problems.require(!in_list, leaf, told);
            // A page that is its own list has no other places.
            if !place.is_root() && places.add(field, &place).is_err() {
                let told = "is at, inside of or around the place of another field";
                self.problems.add(leaf, told);
            }
        }
        places
    }
}

fn group_of(group: &'static str) -> impl Iterator<Item = &'static super::Leaf> {
    LEAVES
        .iter()
        .filter(move |leaf| leaf.path().starts_with(group))
}
