//! One page of a list, in either shape in which it is answered.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use http::StatusCode;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess,
};
use serde_json::value::RawValue;

use super::paging::{Asks, Next, Paging};
use crate::error::{Error, ErrorBody, ErrorKind};
use crate::json::{self, text_of};
use crate::profile::{Holds, Node, Path, Places, QueryNames, find};
use crate::wire::Reply;

/// One page of a list.
///
/// It is answered as `{"data":[…],"meta":{…},"links":{"next"}}` or as a bare array (grade A), or as
/// one of Laravel's paginators: with the numbers beside `data`, with `next_page_url`, with
/// `next_cursor`. Numbers may be written as text, and `data` may be `null` for an empty list. What
/// is said about paging and not understood makes no page unreadable: [`Pager`](crate::Pager) ends
/// with an error where it would not know whether the list goes on.
pub struct Page<T> {
    items: Vec<T>,
    paging: Paging,
}

impl<T> Page<T> {
    /// Reads the reply to a list. Use it in [`Endpoint::parse`](crate::Endpoint::parse) of a list of
    /// your own.
    ///
    /// # Errors
    /// Another status than a success, a body that is not a page, or an error that has the status
    /// of a success and no entries.
    pub fn read<'a>(reply: Reply<'a>) -> Result<Self, Error>
    where
        T: Deserialize<'a>,
    {
        Self::read_by(reply, PhantomData)
    }

    /// The same with entries that are read by `entry`.
    pub(crate) fn read_by<'a, S>(reply: Reply<'a>, entry: S) -> Result<Self, Error>
    where
        S: DeserializeSeed<'a, Value = T> + Copy,
    {
        let tables = reply.api().wire().profile.tables();
        let Received {
            items,
            mut paging,
            failed,
            ..
        } = Received::read(reply.success()?, &tables.page, &tables.query, entry)
            .map_err(|error| reply.unreadable(&error))?;
        let count = items.as_ref().map(Vec::len);
        if failed && count.is_none_or(|count| count == 0) {
            let detail = "the server answers with an error and the status of a success";
            return Err(reply.error(ErrorKind::Unreadable, detail));
        }
        paging.finish(count, reply.headers());
        if reply.status() != StatusCode::OK {
            paging.unaccounted("status");
        }
        Ok(Self {
            items: items.unwrap_or_default(),
            paging,
        })
    }

    /// The entries, in the order received.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The entries, in the order received.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// The number of this page, counted from 1, where the server says so.
    pub fn current_page(&self) -> Option<u64> {
        self.paging.current_page
    }

    /// The number of the last page, where the server says so.
    pub fn last_page(&self) -> Option<u64> {
        self.paging.last_page
    }

    /// How many entries a page has at most, where the server says so.
    pub fn per_page(&self) -> Option<u64> {
        self.paging.per_page
    }

    /// How many entries the whole list has, where the server says so.
    pub fn total(&self) -> Option<u64> {
        self.paging.total
    }

    /// Whether the server says that a further page follows.
    pub fn has_next(&self) -> bool {
        let current = self.current_page().unwrap_or(1);
        !matches!(self.paging.next(), Next::None | Next::Unknown)
            || self.last_page().is_some_and(|last| current < last)
    }

    /// Whether the answer says anything about paging, totals, errors or messages that is not
    /// understood, or leaves open whether this is all. Nothing follows then from what is *not*
    /// listed.
    pub(crate) fn unaccounted(&self) -> bool {
        !self.unaccounted_names().is_empty()
    }

    /// What that is, by name and without values: a few of them.
    pub(crate) fn unaccounted_names(&self) -> &[String] {
        self.paging.unaccounted_names()
    }

    pub(crate) fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page {
            items: self
                .items
                .into_iter()
                .map(change)
                .collect::<Result<_, E>>()?,
            paging: self.paging,
        })
    }

    pub(super) fn next(&self) -> Next<'_> {
        self.paging.next()
    }

    /// By what the list can be asked for its pages.
    pub(super) fn asks(&self) -> Asks {
        self.paging.asks
    }
}

/// Shows the numbers and how many entries there are.
impl<T> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items.len())
            .field("current_page", &self.current_page())
            .field("last_page", &self.last_page())
            .field("per_page", &self.per_page())
            .field("total", &self.total())
            .field("has_next", &self.has_next())
            .finish_non_exhaustive()
    }
}

/// A page as received.
struct Received<'p, T> {
    names: &'p QueryNames,
    /// None as long as nothing was found, and for `null`.
    items: Option<Vec<T>>,
    found: bool,
    paging: Paging,
    /// It says that it is an error.
    failed: bool,
}

impl<'p, T> Received<'p, T> {
    fn new(names: &'p QueryNames) -> Self {
        Self {
            names,
            items: None,
            found: false,
            paging: Paging::new(Asks::by(names)),
            failed: false,
        }
    }
}

impl<'p, 'a, T> Received<'p, T> {
    fn read<S>(
        body: &'a [u8],
        places: &'p Places,
        names: &'p QueryNames,
        entry: S,
    ) -> Result<Self, serde_json::Error>
    where
        S: DeserializeSeed<'a, Value = T> + Copy,
    {
        let mut json = serde_json::Deserializer::from_str(json::text(body)?);
        let mut read = Self::new(names);
        let walk = Walk {
            nodes: places.nodes(),
            known: places.fields(),
            path: None,
            entry,
            read: &mut read,
        };
        json.deserialize_any(walk)?;
        json.end()?;
        if !read.found {
            return Err(de::Error::missing_field("data"));
        }
        Ok(read)
    }

    /// Takes what is no entry.
    fn take(&mut self, name: &str, json: &'a str) {
        self.failed |= ErrorBody::is_marked(name, json);
        self.paging.top(self.names, name, json);
    }
}

/// One object of a page, in one pass.
struct Walk<'w, 'p, 'r, T, S> {
    nodes: &'w [Node],
    known: &'w [&'static str],
    path: Option<&'w Path<'w>>,
    entry: S,
    read: &'r mut Received<'p, T>,
}

impl<'de, T, S: DeserializeSeed<'de, Value = T> + Copy> DeserializeSeed<'de>
    for Walk<'_, '_, '_, T, S>
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, S: DeserializeSeed<'de, Value = T> + Copy> de::Visitor<'de>
    for Walk<'_, '_, '_, T, S>
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page as an array or as an object with `data`")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut next = 0;
        while let Some(name) = map.next_key::<&RawValue>()? {
            let name = text_of(name.get()).unwrap_or(Cow::Borrowed(name.get()));
            match find(self.nodes, &mut next, &name) {
                Some(Holds::Field("data")) if self.read.found => {
                    return Err(de::Error::duplicate_field("data"));
                }
                Some(Holds::Field("data")) => {
                    self.read.found = true;
                    self.read.items = map.next_value_seed(Items(self.entry))?;
                }
                Some(Holds::Field(field)) => {
                    self.read.take(field, map.next_value::<&RawValue>()?.get());
                }
                Some(Holds::Object(nodes)) => map.next_value_seed(Walk {
                    nodes,
                    known: self.known,
                    path: Some(&Path(self.path, &name)),
                    entry: self.entry,
                    read: self.read,
                })?,
                _ => {
                    let json = map.next_value::<&RawValue>()?.get();
                    if self.path.is_some() || self.known.contains(&&*name) {
                        self.read.take(&Path(self.path, &name).text(), json);
                    } else {
                        self.read.take(&name, json);
                    }
                }
            }
        }
        Ok(())
    }

    fn visit_seq<Q: SeqAccess<'de>>(self, mut seq: Q) -> Result<(), Q::Error> {
        let Some(path) = self.path else {
            let items = Vec::with_capacity(seq.size_hint().unwrap_or(16));
            let items = Items(self.entry).collect(seq, items)?;
            (self.read.found, self.read.items) = (true, Some(items));
            return Ok(());
        };
        // PHP writes an empty object as `[]`.
        if seq.next_element::<IgnoredAny>()?.is_some() {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            self.read.take(&path.text(), ODD);
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        match self.path {
            Some(_) => Ok(()),
            None => Err(E::invalid_type(de::Unexpected::Unit, &self)),
        }
    }

    fn visit_bool<E: de::Error>(self, said: bool) -> Result<(), E> {
        self.odd(de::Unexpected::Bool(said))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        self.odd(de::Unexpected::Signed(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        self.odd(de::Unexpected::Unsigned(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<(), E> {
        self.odd(de::Unexpected::Float(number))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.odd(de::Unexpected::Other("a text"))
    }
}

/// Stands for something that is not looked at further, where it is no object as it should be.
const ODD: &str = "\"odd\"";

impl<'de, T, S: DeserializeSeed<'de, Value = T> + Copy> Walk<'_, '_, '_, T, S> {
    fn odd<E: de::Error>(self, found: de::Unexpected<'_>) -> Result<(), E> {
        let Some(path) = self.path else {
            return Err(E::invalid_type(found, &self));
        };
        self.read.take(&path.text(), ODD);
        Ok(())
    }
}

/// The entries of a page; `None` where there is `null`.
struct Items<S>(S);

impl<'de, S: DeserializeSeed<'de> + Copy> Items<S> {
    fn collect<Q: SeqAccess<'de>>(
        &self,
        mut seq: Q,
        mut items: Vec<S::Value>,
    ) -> Result<Vec<S::Value>, Q::Error> {
        while let Some(item) = seq.next_element_seed(self.0)? {
            items.push(item);
        }
        Ok(items)
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for Items<S> {
    type Value = Option<Vec<S::Value>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> de::Visitor<'de> for Items<S> {
    type Value = Option<Vec<S::Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<Q: SeqAccess<'de>>(self, seq: Q) -> Result<Self::Value, Q::Error> {
        self.collect(seq, Vec::with_capacity(16)).map(Some)
    }
}
