//! Where the fields of a record stand, its words, its times; lists, webhooks and errors.

use sanspay_core::profile::{LEAVES, LeafKind, LeafValue};
use serde_json::Value;

use crate::collection::Collection;
use crate::findings::Findings;
use crate::matching::Kind;
use crate::shape::{find, fit, is_scalar, is_variable, nodes};

/// The fields of a record, as the leaves name them.
fn record_fields() -> impl Iterator<Item = &'static str> {
    let leaves = LEAVES.iter().filter(|leaf| leaf.kind() != LeafKind::Places);
    leaves.filter_map(|leaf| leaf.path().strip_prefix("record."))
}

impl Findings<'_> {
    pub(crate) fn records(&mut self) {
        for kind in [Kind::Show, Kind::CreatePayment, Kind::RequestPayout] {
            let Some(operation) = self.operation(kind) else {
                continue;
            };
            for (evidence, value) in operation.successes() {
                let Some(at) = envelope(&value) else { continue };
                self.note_envelope("record.at", &at, &evidence);
                let record = value.pointer(&at).unwrap_or(&Value::Null);
                self.record(record, &evidence);
                let of_type = match kind {
                    Kind::CreatePayment => "type.payment",
                    Kind::RequestPayout => "type.payout",
                    _ => continue,
                };
                if let Some(word) = self.word(record, "record.type") {
                    self.note(of_type, LeafValue::Texts(vec![word]), &evidence);
                }
            }
        }
        if self.place("record.id").is_some() {
            self.close("record.", "no example has it");
        }
    }

    fn record(&mut self, record: &Value, evidence: &str) {
        for field in record_fields() {
            let is_object = field == "metadata";
            let Some(place) = find(record, field, |value| {
                is_object || is_scalar(value) || value.is_null()
            }) else {
                continue;
            };
            // A list's only element is the field; of several, nobody knows which.
            if several_beside(record, &place) {
                continue;
            }
            self.note_text(&format!("record.{field}"), place, evidence);
        }
        if let Some(word) = self.word(record, "record.status") {
            self.status_words
                .entry(word)
                .or_insert_with(|| evidence.to_owned());
        }
        for field in ["created_at", "updated_at", "paid_at", "expires_at"] {
            let place = self.place(&format!("record.{field}")).map(str::to_owned);
            let form = place.and_then(|place| time_form(record.pointer(&place)?));
            if let Some(form) = form {
                self.note_text("time.form", form, evidence);
            }
        }
    }

    /// The word at the place of a leaf.
    fn word(&self, record: &Value, path: &str) -> Option<String> {
        match record.pointer(self.place(path)?)? {
            Value::String(word) if !is_variable(word) => Some(word.clone()),
            Value::Number(word) => Some(word.to_string()),
            _ => None,
        }
    }

    pub(crate) fn list(&mut self) {
        let Some(operation) = self.operation(Kind::List) else {
            return;
        };
        self.note_text("list.route", operation.path.clone(), &operation.name);
        for (group, fields) in [
            (
                "list.query",
                &[
                    "status",
                    "type",
                    "currency",
                    "reference",
                    "created_from",
                    "created_to",
                ][..],
            ),
            ("page", &["number", "cursor", "offset", "size"]),
        ] {
            for field in fields {
                let names = operation.query.iter().map(|(name, _)| name);
                let best = names
                    .filter_map(|name| Some((fit(field, name)?, name)))
                    .min();
                if let Some((_, name)) = best {
                    self.note_text(&format!("{group}.{field}"), name.clone(), &operation.name);
                }
            }
        }
        self.close("list.query.", &operation.name);
        for (evidence, page) in operation.successes() {
            self.page(&page, &evidence);
        }
        // A list that counts in entries is asked for by nothing else.
        if self.place("page.offset").is_some() {
            for path in ["page.number", "page.cursor"] {
                self.leaves.remove(path);
            }
        }
        self.close("page.", &operation.name);
    }

    fn page(&mut self, page: &Value, evidence: &str) {
        let lists = nodes(page).into_iter().filter_map(|node| {
            let first = node.value.as_array()?.first()?;
            Some((node.place.clone(), envelope(first)?, first.clone()))
        });
        let Some((items, item, first)) = lists.into_iter().next() else {
            return;
        };
        self.note_text("page.items", items.clone(), evidence);
        self.note_text("list.item", item.clone(), evidence);
        let record = first.pointer(&item).unwrap_or(&Value::Null).clone();
        self.record(&record, evidence);
        let mut rest = page.clone();
        if let Some(list) = rest.pointer_mut(&items) {
            *list = Value::Null;
        }
        let is_link = |value: &Value| value.as_str().is_some_and(|text| text.contains('?'));
        for (field, wanted) in [
            ("total", &Value::is_u64 as &dyn Fn(&Value) -> bool),
            ("current", &Value::is_u64),
            ("last", &Value::is_u64),
            ("per_page", &Value::is_u64),
            ("more", &Value::is_boolean),
            ("next_link", &is_link),
            ("next_cursor", &|value| value.is_string() && !is_link(value)),
        ] {
            if let Some(place) = find(&rest, field, wanted).filter(|place| *place != items) {
                let path = format!("page.{field}");
                self.note_text(&path, place, evidence);
            }
        }
    }

    pub(crate) fn webhooks(&mut self) {
        for operation in self.samples(Kind::Webhook) {
            let event = operation.sent();
            let Some(at) = envelope(&event).filter(|at| !at.is_empty()) else {
                continue;
            };
            let evidence = operation.name.clone();
            self.note_text("webhook.record", at.clone(), &evidence);
            let record = event.pointer(&at).unwrap_or(&Value::Null).clone();
            self.record(&record, &evidence);
            let mut rest = event.clone();
            if let Some(record) = rest.pointer_mut(&at) {
                *record = Value::Null;
            }
            for (field, also) in [("id", "delivery"), ("event", "event"), ("created_at", "at")] {
                let named = rest.get(also).map(|_| format!("/{also}"));
                let place = find(&rest, field, is_scalar).or(named);
                if let Some(place) = place {
                    self.note_text(&format!("webhook.{field}"), place, &evidence);
                }
            }
            self.close("webhook.", &evidence);
            let word = self.word(&event, "webhook.event");
            if let (Some(word), Some(status)) = (word, self.word(&record, "record.status")) {
                self.events.push((word, status, evidence));
            }
        }
    }

    pub(crate) fn errors(&mut self, collection: &Collection) {
        for operation in collection.operations() {
            for (evidence, error) in operation.refusals() {
                for field in ["message", "code", "errors"] {
                    let is_list = field == "errors";
                    if let Some(place) = find(&error, field, |value| is_list != is_scalar(value)) {
                        self.note_text(&format!("error.{field}"), place, &evidence);
                    }
                }
            }
        }
    }
}

/// The innermost object that has an id, a status, an amount and a currency.
fn envelope(value: &Value) -> Option<String> {
    let objects = nodes(value).into_iter().filter(|node| {
        let mut weighty = ["id", "status", "amount", "currency"].into_iter();
        node.value.is_object() && weighty.all(|field| find(node.value, field, is_scalar).is_some())
    });
    // Records of a list are told by the list.
    let objects = objects.filter(|node| !node.place.contains("/0"));
    objects.max_by_key(|node| node.depth).map(|node| node.place)
}

/// Whether the place goes through a list of more than one.
fn several_beside(value: &Value, place: &str) -> bool {
    let mut around = place;
    while let Some((parent, name)) = around.rsplit_once('/') {
        let list = value.pointer(parent).and_then(Value::as_array);
        if name == "0" && list.is_some_and(|list| list.len() > 1) {
            return true;
        }
        around = parent;
    }
    false
}

/// The form of a time; none where it may be anything.
fn time_form(time: &Value) -> Option<&'static str> {
    match time {
        Value::String(text) if text.parse::<sanspay_core::Timestamp>().is_ok() => Some("rfc3339"),
        Value::Number(number) => match number.as_u64()?.to_string().len() {
            10 => Some("unix-seconds"),
            13 => Some("unix-millis"),
            _ => None,
        },
        _ => None,
    }
}
