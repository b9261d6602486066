//! Pages, in whichever way the provider counts them.

use jsonptr::{Pointer, PointerBuf};
use serde_json::{Value, json};

use super::Dialect;
use super::answer::keep;
use super::leaves::put;

/// How many entries there are on a page where nobody asks for a number.
const DEFAULT_SIZE: u64 = 15;

/// What the assumed form says about a page.
struct Position {
    next: Option<u64>,
    size: u64,
    said: Value,
}

impl Dialect {
    /// A page of the assumed form in the provider's.
    pub(super) fn page(&self, answer: Value) -> Value {
        let (entries, position) = match answer {
            Value::Array(entries) => (Value::Array(entries), Position::unknown()),
            mut answer => {
                let entries = answer.get_mut("data").map(Value::take);
                (entries.unwrap_or_default(), Position::of(&answer))
            }
        };
        let entries = match entries {
            Value::Array(entries) => entries.into_iter().map(|entry| self.item(entry)).collect(),
            odd => odd,
        };
        let mut page = json!({});
        let items = self.said.place("page.items").unwrap_or_default();
        put(&mut page, &items, entries);
        if !items.is_root() {
            self.position(&mut page, &position);
            keep_unknown(&mut page, position.said);
        }
        page
    }

    fn item(&self, record: Value) -> Value {
        let mut item = json!({});
        let place = self.said.place("list.item").unwrap_or_default();
        put(&mut item, &place, self.record(record));
        item
    }

    fn position(&self, page: &mut Value, position: &Position) {
        let shift = u64::from(self.counts_from_zero());
        let number = |name: &str| position.said.pointer(&format!("/meta/{name}"))?.as_u64();
        let next = position.next;
        let link = next.map(|next| self.link(next, position.size));
        let position_of = |name| Some(Value::from(number(name)?.saturating_sub(shift)));
        let mut said = false;
        for (leaf, value) in [
            ("page.total", number("total").map(Value::from)),
            ("page.per_page", number("per_page").map(Value::from)),
            ("page.current", position_of("current_page")),
            ("page.last", position_of("last_page")),
            ("page.more", Some(next.is_some().into())),
            ("page.next_cursor", Some(next.map(mark).into())),
            ("page.next_link", Some(link.clone().into())),
        ] {
            if let (Some(place), Some(value)) = (self.said.place(leaf), value) {
                put(page, &place, value);
                said = true;
            }
        }
        // A profile that says nothing about it has the usual spellings.
        if !said {
            for (name, shift) in [
                ("current_page", shift),
                ("last_page", shift),
                ("per_page", 0),
                ("total", 0),
            ] {
                if let Some(number) = number(name) {
                    let place = PointerBuf::from_tokens(["meta", name]);
                    put(page, &place, number.saturating_sub(shift).into());
                }
            }
            if position.said.get("links").is_some() {
                put(page, Pointer::from_static("/links/next"), link.into());
            }
        }
    }

    fn counts_from_zero(&self) -> bool {
        self.said.0.get("page.first") == sanspay_core::profile::LeafValue::Number(0)
    }

    /// The way to a page, on a host that only the provider knows.
    fn link(&self, next: u64, size: u64) -> String {
        let (name, value) = if let Some(name) = self.said.text("page.offset") {
            (
                name,
                (next.saturating_sub(1).saturating_mul(size)).to_string(),
            )
        } else if let Some(name) = self.said.text("page.number") {
            (
                name,
                next.saturating_sub(u64::from(self.counts_from_zero()))
                    .to_string(),
            )
        } else {
            let name = self.said.text("page.cursor");
            (name.unwrap_or_else(|| "cursor".into()), mark(next))
        };
        let pair = form_urlencoded::Serializer::new(String::new())
            .append_pair(&name, &value)
            .finish();
        format!("http://inside.example:8080/list?{pair}")
    }

    /// The page that a client asks for by a parameter of the provider's.
    pub(super) fn page_asked(&self, name: &str, value: &str, size: Option<&str>) -> Option<String> {
        let is = |leaf: &str| self.said.text(leaf).is_some_and(|known| known == name);
        if is("page.offset") {
            let size = size.map_or(Some(DEFAULT_SIZE), |size| size.parse().ok())?;
            let offset: u64 = value.parse().ok()?;
            let page = offset.div_ceil(size.max(1)).saturating_add(1);
            return Some(page.to_string());
        }
        if self.said.text("page.offset").is_some() {
            return None;
        }
        if is("page.number") {
            let number: u64 = value.parse().ok()?;
            return Some(
                number
                    .saturating_add(u64::from(self.counts_from_zero()))
                    .to_string(),
            );
        }
        if is("page.cursor") {
            let number = u64::from_str_radix(value.strip_prefix("mark-")?, 16).ok()?;
            return Some(number.to_string());
        }
        None
    }
}

impl Position {
    fn unknown() -> Self {
        Self {
            next: None,
            size: DEFAULT_SIZE,
            said: Value::Null,
        }
    }

    fn of(answer: &Value) -> Self {
        let number = |name: &str| answer.pointer(&format!("/meta/{name}"))?.as_u64();
        let by_numbers = number("current_page").zip(number("last_page"));
        let by_numbers = by_numbers.and_then(|(page, last)| (page < last).then_some(page + 1));
        let link = answer.pointer("/links/next").and_then(Value::as_str);
        let by_link = link.and_then(|link| {
            let query = link.split_once('?')?.1.as_bytes();
            let mut pairs = form_urlencoded::parse(query);
            pairs.find(|(name, _)| name == "page")?.1.parse().ok()
        });
        Self {
            next: by_numbers.or(by_link),
            size: number("per_page").unwrap_or(DEFAULT_SIZE),
            said: answer.clone(),
        }
    }
}

/// The mark that stands for a page where a provider does not count them.
fn mark(number: u64) -> String {
    format!("mark-{number:x}")
}

/// Keeps what no profile has a name for, such as what a fault has put there.
fn keep_unknown(page: &mut Value, said: Value) {
    let known: [(&str, &[&str]); 2] = [
        ("meta", &["current_page", "last_page", "per_page", "total"]),
        ("links", &["next"]),
    ];
    let Value::Object(mut rest) = said else {
        return;
    };
    rest.remove("data");
    for (group, names) in known {
        if let Some(Value::Object(fields)) = rest.get_mut(group) {
            fields.retain(|name, _| !names.contains(&name.as_str()));
            if fields.is_empty() {
                rest.remove(group);
            }
        }
    }
    keep(page, rest);
}
