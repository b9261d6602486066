//! What an answer says about paging, in the usual spellings, and what of it is not understood.

use http::HeaderMap;
use serde_json::value::RawValue;

use crate::error::printable_name;
use crate::json::{Object, text_of};
use crate::profile::QueryNames;
use crate::wire::query;

/// What an answer says about its page and those after it.
#[derive(Default)]
pub(super) struct Paging {
    pub(super) asks: Asks,
    pub(super) current_page: Option<u64>,
    pub(super) last_page: Option<u64>,
    pub(super) per_page: Option<u64>,
    pub(super) total: Option<u64>,
    /// The page or the cursor of the link to the next page, or the cursor alone.
    page: Option<u64>,
    cursor: Option<String>,
    /// Something stands where the link or the cursor is, and says no place.
    odd: bool,
    more: Option<bool>,
    /// The server says that there is no next page.
    none: bool,
    /// Anything was said.
    said: bool,
    unaccounted: Vec<String>,
}

/// By what pages are asked for; whatever the profile names no parameter for is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asks {
    pub(super) number: bool,
    pub(super) cursor: bool,
    pub(super) offset: bool,
    /// What is added to a page's number there to count from 1.
    shift: u64,
}

impl Asks {
    pub(super) fn by(names: &QueryNames) -> Self {
        Self {
            number: names.number.is_some(),
            cursor: names.cursor.is_some(),
            offset: names.offset.is_some(),
            shift: u64::from(names.from_zero),
        }
    }
}

/// Where the next page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next<'a> {
    Page(u64),
    Cursor(&'a str),
    /// There is one, in a place that is not understood.
    Odd,
    /// There is one, and nothing says where.
    More,
    /// The server says that there is none.
    None,
    /// The server says nothing about it.
    Unknown,
}

/// Where a field stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Meta,
    Links,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Top => "",
            Self::Meta => "meta",
            Self::Links => "links",
        }
    }
}

impl Paging {
    pub(super) fn new(asks: Asks) -> Self {
        Self {
            asks,
            ..Self::default()
        }
    }

    /// Takes a field of the answer itself, beside its entries.
    pub(super) fn top(&mut self, names: &QueryNames, name: &str, json: &str) {
        match name {
            "success" if json == "true" => {}
            "status" if ["200", "\"ok\"", "\"success\"", "true"].contains(&json) => {}
            "error" | "errors" | "message" | "links" if is_empty(json) => {}
            "meta" => self.object(names, Place::Meta, json),
            "links" if json.starts_with('{') => self.object(names, Place::Links, json),
            name => self.field(names, Place::Top, name, json),
        }
    }

    /// The fields of `meta` or `links`; PHP writes an empty object as `[]`.
    fn object(&mut self, names: &QueryNames, place: Place, json: &str) {
        match Object::read(json) {
            Ok(object) => {
                for (name, json) in object.into_fields() {
                    self.field(names, place, &name, json);
                }
            }
            Err(_) if is_empty(json) => {}
            Err(_) => self.unaccounted(place.name()),
        }
    }

    fn field(&mut self, names: &QueryNames, place: Place, name: &str, json: &str) {
        let understood = match (place, name) {
            (Place::Links, "next") | (Place::Top | Place::Meta, "next_page_url") => {
                self.link(names, json)
            }
            (Place::Links, "prev") => is_empty(json),
            (Place::Links, "first" | "last" | "self") => true,
            (Place::Links, _) => false,
            (_, "prev_page_url" | "prev_cursor") => is_empty(json),
            (_, "first_page_url" | "last_page_url" | "path") => true,
            (_, "next_cursor") => self.next_cursor(json),
            (_, "has_more") => self.has_more(json),
            (_, "links") => self.list_of_links(json),
            (_, name) => self.number(name, json),
        };
        self.said = true;
        if !understood {
            // Under another name it may still be the way to the next page.
            let next = name.contains("next") || name.contains("more") || name == "cursor";
            self.odd |= next && !is_empty(json) && json != "false";
            self.unaccounted(&match place {
                Place::Top => name.to_owned(),
                Place::Meta | Place::Links => format!("{}.{name}", place.name()),
            });
        }
    }

    fn number(&mut self, name: &str, json: &str) -> bool {
        let mut other = None;
        let slot = match name {
            "current_page" => &mut self.current_page,
            "last_page" => &mut self.last_page,
            "per_page" => &mut self.per_page,
            "total" => &mut self.total,
            "from" | "to" => &mut other,
            _ => return false,
        };
        let is_position = matches!(name, "current_page" | "last_page");
        let shift = if is_position { self.asks.shift } else { 0 };
        let number = number(json).and_then(|number| number.checked_add(shift));
        is_empty(json) || number.is_some_and(|number| set(slot, number))
    }

    /// A page's number, counted from 1.
    fn counted(&self, number: u64) -> Option<u64> {
        number.checked_add(self.asks.shift)
    }

    /// Takes the page or the cursor out of a link, and nothing else: the next request is ours.
    fn link(&mut self, names: &QueryNames, json: &str) -> bool {
        if is_empty(json) || json == "false" {
            self.none = true;
            return true;
        }
        // Some wrap it in an object.
        let object = Object::read(json).ok();
        let href = object.as_ref().and_then(|object| object.get("href"));
        let link = text_of(href.unwrap_or(json));
        let query = link
            .as_deref()
            .and_then(|link| link.split('#').next()?.split_once('?'));
        let value =
            |name: Option<&str>| query::value(query?.1, name?).filter(|value| !value.is_empty());
        if let Some(cursor) = value(names.cursor.as_deref()) {
            return set(&mut self.cursor, cursor);
        }
        // What came says where the next entries are, and no link.
        if value(names.offset.as_deref()).is_some() {
            return set(&mut self.more, true);
        }
        let page = value(names.number.as_deref());
        let page = page.and_then(|page| self.counted(page.parse().ok()?));
        self.odd |= page.is_none();
        page.is_some_and(|page| set(&mut self.page, page))
    }

    fn next_cursor(&mut self, json: &str) -> bool {
        if is_empty(json) {
            self.none = true;
            return true;
        }
        let cursor = text_of(json);
        self.odd |= cursor.is_none();
        cursor.is_some_and(|cursor| set(&mut self.cursor, cursor.into_owned()))
    }

    fn has_more(&mut self, json: &str) -> bool {
        let more = match json {
            "true" | "1" | "\"true\"" | "\"1\"" => true,
            "false" | "0" | "\"false\"" | "\"0\"" => false,
            _ => {
                self.odd |= !is_empty(json);
                return is_empty(json);
            }
        };
        set(&mut self.more, more)
    }

    /// Laravel's list of links for people to click on says nothing that is not said elsewhere.
    fn list_of_links(&mut self, json: &str) -> bool {
        let Ok(links) = serde_json::from_str::<Vec<&RawValue>>(json) else {
            self.odd |= !is_empty(json);
            return is_empty(json);
        };
        let known = links.iter().all(|link: &&RawValue| {
            Object::read(link.get()).is_ok_and(|link| link.get("label").is_some())
        });
        self.odd |= !known;
        known
    }

    /// Ends the reading, once it is known how many entries came.
    pub(super) fn finish(&mut self, entries: Option<usize>, headers: &HeaderMap) {
        for (name, value) in headers {
            let name = name.as_str();
            let pages = ["total", "page", "pagination", "cursor", "next"]
                .iter()
                .any(|word| name.contains(word));
            let next = name == "link" && value.to_str().is_ok_and(|link| link.contains("next"));
            // What a cache kept says what was listed then, and not what is.
            let kept = name == "warning" || (name == "age" && value != "0");
            if next || kept || name == "content-range" || pages {
                self.unaccounted(name);
            }
        }
        let Some(entries) = entries else {
            return self.unaccounted("data");
        };
        let entries = entries as u64;
        if self.current_page.is_some_and(|current| current != 1) {
            self.unaccounted("current_page");
        }
        if self.total.is_some_and(|total| total < entries) {
            self.unaccounted("total");
        }
        let last = self
            .last_page
            .is_some_and(|last| last <= self.current_page.unwrap_or(1));
        let certain = last || self.total == Some(entries) || !self.said;
        if self.next() == Next::Unknown && !certain {
            self.unaccounted("the end of the list");
        }
    }

    pub(super) fn next(&self) -> Next<'_> {
        if let Some(cursor) = &self.cursor {
            return Next::Cursor(cursor);
        }
        match (self.page, self.odd, self.more) {
            (Some(page), ..) => Next::Page(page),
            (None, true, _) => Next::Odd,
            (None, false, Some(true)) => Next::More,
            (None, false, Some(false)) => Next::None,
            (None, false, None) if self.none => Next::None,
            (None, false, None) => Next::Unknown,
        }
    }

    pub(super) fn unaccounted(&mut self, name: &str) {
        // A few are enough for a message, and what is no name may be anything.
        if self.unaccounted.len() < 8 {
            let name = printable_name(name).or(Some(name).filter(|name| name.contains("the end")));
            self.unaccounted.push(name.unwrap_or("a field").to_owned());
        }
    }

    /// The names of what was not understood.
    pub(super) fn unaccounted_names(&self) -> &[String] {
        &self.unaccounted
    }
}

/// Sets what may come more than once and must be the same then.
fn set<T: PartialEq>(slot: &mut Option<T>, value: T) -> bool {
    let same = slot.as_ref().is_none_or(|known| *known == value);
    slot.get_or_insert(value);
    same
}

fn is_empty(json: &str) -> bool {
    let list = json
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let text = text_of(json).is_some_and(|text| text.trim_ascii().is_empty());
    json == "null" || text || list.is_some_and(|items| items.trim_ascii().is_empty())
}

/// A whole number, perhaps written as text or with zeros after the point.
fn number(json: &str) -> Option<u64> {
    let text = text_of(json).unwrap_or(json.into());
    let (whole, zeros) = text.split_once('.').unwrap_or((&text, ""));
    let digits = zeros.bytes().all(|digit| digit == b'0');
    whole.parse().ok().filter(|_| digits)
}
