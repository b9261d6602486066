//! One page of a list, in either shape in which it is answered.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use http::StatusCode;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::paging::{Asks, Next, Paging};
use crate::error::{Error, ErrorBody, ErrorKind};
use crate::json::{self, Object, text_of};
use crate::profile::{Places, QueryNames, Top};
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
        let tables = reply.api().wire().profile.tables();
        let Received {
            items,
            mut paging,
            failed,
            ..
        } = Received::read(reply.success()?, &tables.page, &tables.query)
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
    /// `None` for `null`.
    items: Option<Vec<T>>,
    paging: Paging,
    /// It says that it is an error.
    failed: bool,
}

impl<'p, T> Received<'p, T> {
    fn new(names: &'p QueryNames) -> Self {
        Self {
            names,
            items: None,
            paging: Paging::new(Asks::by(names)),
            failed: false,
        }
    }
}

impl<'p, 'a, T: Deserialize<'a>> Received<'p, T> {
    /// Reads an array, or an object whose entries are where the profile says.
    fn read(
        body: &'a [u8],
        places: &'p Places,
        names: &'p QueryNames,
    ) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(json::text(body)?);
        let entries = PhantomData;
        let form = ByPlaces {
            places,
            names,
            entries,
        };
        let read = form.deserialize(&mut json)?;
        json.end()?;
        Ok(read)
    }

    /// Takes a field under our name; the entries are there once.
    fn take(
        &mut self,
        found: &mut bool,
        name: &str,
        json: &'a str,
    ) -> Result<(), serde_json::Error> {
        if name != "data" {
            self.failed |= ErrorBody::is_marked(name, json);
            self.paging.top(self.names, name, json);
        } else if std::mem::replace(found, true) {
            return Err(de::Error::duplicate_field("data"));
        } else {
            self.items = serde_json::from_str(json)?;
        }
        Ok(())
    }
}

/// Reads a page by its places; the entries in one pass where they stand at the top.
struct ByPlaces<'p, T> {
    places: &'p Places,
    names: &'p QueryNames,
    entries: PhantomData<T>,
}

impl<'p, 'de, T: Deserialize<'de>> DeserializeSeed<'de> for ByPlaces<'p, T> {
    type Value = Received<'p, T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'p, 'de, T: Deserialize<'de>> de::Visitor<'de> for ByPlaces<'p, T> {
    type Value = Received<'p, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page as an array or as an object with `data`")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Self::Value, S::Error> {
        let mut read = Received::new(self.names);
        read.items = Some(Vec::deserialize(de::value::SeqAccessDeserializer::new(
            seq,
        ))?);
        Ok(read)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut read, mut found) = (Received::new(self.names), false);
        let mut deeper = Vec::new();
        while let Some(name) = map.next_key::<&RawValue>()? {
            let name = text_of(name.get()).unwrap_or(Cow::Borrowed(name.get()));
            match self.places.top(&name) {
                Top::Field("data") if found => return Err(de::Error::duplicate_field("data")),
                Top::Field("data") => {
                    found = true;
                    read.items = map.next_value()?;
                }
                Top::Field(name) => {
                    let json = map.next_value::<&RawValue>()?.get();
                    read.take(&mut found, name, json)
                        .map_err(de::Error::custom)?;
                }
                Top::Deeper => deeper.push((name, map.next_value::<&RawValue>()?.get())),
                Top::Unknown => {
                    let json = map.next_value::<&RawValue>()?.get();
                    read.take(&mut found, &name, json)
                        .map_err(de::Error::custom)?;
                }
            }
        }
        for (name, json) in self.places.gather(Object::of(deeper)).into_fields() {
            read.take(&mut found, &name, json)
                .map_err(de::Error::custom)?;
        }
        if !found {
            return Err(de::Error::missing_field("data"));
        }
        Ok(read)
    }
}
