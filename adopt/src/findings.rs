//! What a collection says about each leaf of a profile, and what it was read from.

use std::collections::{BTreeMap, BTreeSet};

use sanspay_core::profile::{LEAVES, Leaf, LeafValue};
use serde_json::Value;

use crate::answers::Answers;
use crate::collection::{Body, Collection, Operation};
use crate::matching::{Kind, Matched, find_operation};
use crate::question::Question;
use crate::shape::{nodes, raw_at};

/// The statuses of ours, each of which has an event.
const STATUSES: [&str; 4] = ["created", "paid", "failed", "expired"];

/// A leaf as the collection has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What the leaf has to say.
    pub(crate) value: LeafValue,
    /// Where that was read, such as `Charges / Show / 200 OK`.
    pub(crate) evidence: String,
    /// What other places of the collection say instead.
    pub(crate) contradictions: Vec<(LeafValue, String)>,
}

/// Everything that was found in a collection.
#[derive(Debug, Clone)]
pub(crate) struct Findings<'c> {
    pub(crate) operations: BTreeMap<Kind, Matched<'c>>,
    pub(crate) leaves: BTreeMap<&'static str, Finding>,
    /// What requests of the collection send and no leaf of ours does, by operation.
    pub(crate) missing_here: BTreeMap<Kind, Vec<String>>,
    /// The words that records of the examples say, with where.
    pub(crate) status_words: BTreeMap<String, String>,
    /// The event of each sample, with the status of its record.
    pub(crate) events: Vec<(String, String, String)>,
    pub(crate) questions: Vec<Question>,
}

impl<'c> Findings<'c> {
    pub(crate) fn of(collection: &'c Collection, answers: &Answers) -> Self {
        let mut findings = Self {
            operations: BTreeMap::new(),
            leaves: BTreeMap::new(),
            missing_here: BTreeMap::new(),
            status_words: BTreeMap::new(),
            events: Vec::new(),
            questions: Vec::new(),
        };
        for kind in Kind::ALL {
            let matched = find_operation(collection, kind, answers.operation_of(kind));
            if let Matched::Ask(candidates) = &matched {
                findings.questions.push(Question::which(kind, candidates));
            }
            findings.operations.insert(kind, matched);
        }
        findings.requests();
        findings.records();
        findings.list();
        findings.webhooks();
        findings.errors(collection);
        findings.ask_for_words(answers);
        let contradictory = findings.leaves.iter();
        let contradictory = contradictory.filter(|(_, finding)| !finding.contradictions.is_empty());
        let asked = contradictory.map(|(path, finding)| Question::contradictory(path, finding));
        findings.questions.extend(asked);
        // What is answered is asked no more.
        findings
            .questions
            .retain(|question| answers.leaf(&question.name).is_none());
        findings
    }

    /// The first request that is this operation.
    pub(crate) fn operation(&self, kind: Kind) -> Option<&'c Operation> {
        self.samples(kind).first().copied()
    }

    pub(crate) fn samples(&self, kind: Kind) -> Vec<&'c Operation> {
        match self.operations.get(&kind) {
            Some(Matched::Clear(found)) => found.clone(),
            _ => Vec::new(),
        }
    }

    /// Notes a leaf; the first finding counts, and another one contradicts it.
    pub(crate) fn note(&mut self, path: &str, value: LeafValue, evidence: &str) {
        let Some(leaf) = Leaf::of(path) else { return };
        match self.leaves.get_mut(leaf.path()) {
            None => {
                let finding = Finding {
                    value,
                    evidence: evidence.to_owned(),
                    contradictions: Vec::new(),
                };
                self.leaves.insert(leaf.path(), finding);
            }
            Some(known) if known.value == value => {}
            Some(known) => known.contradictions.push((value, evidence.to_owned())),
        }
    }

    pub(crate) fn note_text(&mut self, path: &str, text: impl Into<String>, evidence: &str) {
        self.note(path, LeafValue::Text(text.into()), evidence);
    }

    /// Notes where an envelope stands: different answers may be wrapped differently. The innermost
    /// is tried first, because what is around it may have an id of its own.
    pub(crate) fn note_envelope(&mut self, path: &'static str, at: &str, evidence: &str) {
        let Some(known) = self.leaves.get_mut(path) else {
            return self.note_text(path, at, evidence);
        };
        let mut places = match &known.value {
            LeafValue::Text(place) => vec![place.clone()],
            LeafValue::Texts(places) => places.clone(),
            _ => Vec::new(),
        };
        if !places.iter().any(|place| place == at) {
            places.push(at.to_owned());
            places.sort_by_key(|place| std::cmp::Reverse(place.matches('/').count()));
            known.value = LeafValue::Texts(places);
        }
    }

    /// Says `false` for the optional leaves of a group that were not found, so that no default of
    /// ours is sent to this provider.
    pub(crate) fn close(&mut self, group: &str, evidence: &str) {
        use sanspay_core::profile::LeafKind::{NameOrNo, PlaceOrNo};
        let optional = LEAVES.iter().filter(|leaf| {
            let in_group = leaf.path().starts_with(group);
            in_group && matches!(leaf.kind(), NameOrNo | PlaceOrNo)
        });
        for leaf in optional {
            if !self.leaves.contains_key(leaf.path()) {
                self.note(leaf.path(), LeafValue::No, evidence);
            }
        }
    }

    /// The places of a finding, relative to what its group is relative to.
    pub(crate) fn place(&self, path: &str) -> Option<&str> {
        match &self.leaves.get(path)?.value {
            LeafValue::Text(place) => Some(place),
            _ => None,
        }
    }

    fn ask_for_words(&mut self, answers: &Answers) {
        if answers.leaf("money.form").is_none() {
            self.questions.push(Question::money(self.amount_examples()));
        }
        let has_words = STATUSES
            .iter()
            .all(|word| answers.leaf(&format!("status.{word}")).is_some());
        if !has_words {
            self.questions.push(Question::status(&self.status_words));
        }
        let words = self.event_words(answers);
        let missing = STATUSES.into_iter().find(|ours| !words.contains_key(ours));
        let asked = answers.leaf("event.payment_paid").is_none() && !words.is_empty();
        if let Some(status) = missing.filter(|_| asked) {
            self.questions.push(Question::events(status));
        }
    }

    /// The words of the four events, by the status that the record of a sample has.
    pub(crate) fn event_words(
        &self,
        answers: &Answers,
    ) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut words = BTreeMap::new();
        for ours in STATUSES {
            let theirs = answers.texts(&format!("status.{ours}"));
            let fitting = self
                .events
                .iter()
                .filter(|(_, status, _)| theirs.contains(status));
            let fitting: BTreeSet<String> = fitting.map(|(event, ..)| event.clone()).collect();
            if !fitting.is_empty() {
                words.insert(ours, fitting);
            }
        }
        words
    }

    fn amount_examples(&self) -> Vec<String> {
        let kinds = [Kind::CreatePayment, Kind::RequestPayout, Kind::Show];
        let operations = kinds.into_iter().filter_map(|kind| self.operation(kind));
        let mut examples = BTreeSet::new();
        for operation in operations {
            let sent = match &operation.body {
                Body::Json(json) => Some(json.as_str()),
                _ => None,
            };
            let received = operation
                .answers
                .iter()
                .filter_map(|answer| answer.json.as_deref());
            for json in sent.into_iter().chain(received) {
                let value: Value = serde_json::from_str(json).unwrap_or_default();
                let amounts = nodes(&value).into_iter().filter(|node| {
                    crate::shape::fit("amount", &node.name).is_some()
                        && crate::shape::is_scalar(node.value)
                });
                // As they were written: `10.00` and `10` are different evidence.
                examples.extend(amounts.filter_map(|node| raw_at(json, &node.place)));
            }
        }
        examples
            .into_iter()
            .filter(|example| !crate::shape::is_variable(example))
            .collect()
    }
}
