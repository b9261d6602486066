//! One page of a list, in either shape in which it is answered.

use std::fmt;
use std::marker::PhantomData;

use http::Response;
use http::uri::{PathAndQuery, Uri};
use serde_core::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use crate::answer::{read_json, success, unreadable};
use crate::api::Api;
use crate::ascii::is_visible;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::object::Object;
use crate::text::{Name, text_of};

/// One page of a list.
///
/// It is answered as `{"data":[…],"meta":{…},"links":{"next"}}` or as a bare array (grade A);
/// numbers in `meta` may be written as text, and both `meta` and `links` may be absent.
pub struct Page<T> {
    items: Vec<T>,
    meta: Meta,
    link: Link,
}

/// The link to the next page.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// Path and query of a link on the API's own origin.
    Next(String),
    /// A link that leads to another origin, or that is none.
    Elsewhere,
    /// The server says that there is no next page.
    None,
    /// The server says nothing about links.
    Unknown,
}

impl<T> Page<T> {
    /// Reads the answer to `list`. Use it in [`Endpoint::parse`] of a list of your own.
    ///
    /// # Errors
    /// Another status than a success, or a body that is not a page.
    pub fn read<'a>(
        list: &(impl Endpoint + ?Sized),
        api: &Api,
        response: &Response<&'a [u8]>,
    ) -> Result<Self, Error>
    where
        T: Deserialize<'a>,
    {
        let path = || Some(list.request(api).ok()?.uri().path().to_owned());
        Self::read_as(list.operation(), &path, api, response)
    }

    /// Reads the answer to an operation, whose request is for this path.
    fn read_as<'a>(
        operation: &str,
        path: &dyn Fn() -> Option<String>,
        api: &Api,
        response: &Response<&'a [u8]>,
    ) -> Result<Self, Error>
    where
        T: Deserialize<'a>,
    {
        let body = success(operation, api, response)?;
        let received: Received<T> =
            read_json(body).map_err(|e| unreadable(operation, &e, api, response))?;
        let link = match received.next {
            Next::Absent => Link::Unknown,
            Next::Null => Link::None,
            Next::Link(text) => resolve(&text, path, api).map_or(Link::Elsewhere, Link::Next),
        };
        Ok(Self {
            items: received.items,
            meta: received.meta,
            link,
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
        self.meta.current_page
    }

    /// The number of the last page, where the server says so.
    pub fn last_page(&self) -> Option<u64> {
        self.meta.last_page
    }

    /// How many entries a page has at most, where the server says so.
    pub fn per_page(&self) -> Option<u64> {
        self.meta.per_page
    }

    /// How many entries the whole list has, where the server says so.
    pub fn total(&self) -> Option<u64> {
        self.meta.total
    }

    /// Whether the server says that a further page follows.
    pub fn has_next(&self) -> bool {
        let current = self.meta.current_page.unwrap_or(1);
        matches!(self.link, Link::Next(_) | Link::Elsewhere)
            || self.meta.last_page.is_some_and(|last| current < last)
    }

    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            meta: self.meta,
            link: self.link,
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }
}

impl<T> Page<T> {
    /// Whether the answer says something about pages, totals or errors that is not understood.
    pub(crate) fn unaccounted(&self) -> bool {
        false // PLACEHOLDER until the reader's branch is merged
    }
}

/// Shows the numbers and how many entries there are.
impl<T> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items.len())
            .field("meta", &self.meta)
            .field("has_next", &self.has_next())
            .finish_non_exhaustive()
    }
}

/// Path and query of a link: absolute on the same origin, a path, or a query alone.
fn resolve(link: &str, path: &dyn Fn() -> Option<String>, api: &Api) -> Option<String> {
    let link = link.split('#').next()?;
    let target = if link.starts_with('?') {
        format!("{}{link}", path()?)
    } else if link.starts_with('/') && !link.starts_with("//") {
        link.to_owned()
    } else {
        let uri: Uri = link.parse().ok()?;
        let same = api.base().same_origin(&uri);
        uri.path_and_query().filter(|_| same)?.as_str().to_owned()
    };
    // What the request could not be built from is no link.
    let sendable = is_visible(target.as_bytes())
        && !target.starts_with("//")
        && PathAndQuery::try_from(target.as_str()).is_ok();
    Some(target).filter(|_| sendable)
}

/// A page as received.
struct Received<T> {
    items: Vec<T>,
    meta: Meta,
    next: Next,
}

/// `links.next` as received.
enum Next {
    Link(String),
    Null,
    Absent,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Meta {
    current_page: Option<u64>,
    last_page: Option<u64>,
    per_page: Option<u64>,
    total: Option<u64>,
}

impl Meta {
    fn read(json: &str) -> Result<Self, serde_json::Error> {
        let meta = fields(json)?;
        let number = |name| number(meta.only(name)?);
        Ok(Self {
            current_page: number("current_page")?,
            last_page: number("last_page")?,
            per_page: number("per_page")?,
            total: number("total")?,
        })
    }
}

impl Next {
    fn read(links: &str) -> Result<Self, serde_json::Error> {
        let Some(next) = fields(links)?.only("next")? else {
            return Ok(Self::Absent);
        };
        let link = match next {
            "null" => None,
            next => Some(text_of(next).ok_or_else(|| expected("a text as `next` in `links`"))?),
        };
        let link = link.filter(|link| !link.is_empty());
        Ok(link.map_or(Self::Null, |link| Self::Link(link.into_owned())))
    }
}

/// The fields of what may be absent: PHP writes an empty object as `[]`.
fn fields(json: &str) -> Result<Object<'_>, serde_json::Error> {
    let list = json
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let empty = json == "null" || list.is_some_and(|items| items.trim_ascii().is_empty());
    let object = Object::read(if empty { "{}" } else { json });
    object.map_err(|_| expected("`meta` and `links` as objects"))
}

/// A number, a number written as text, or `null`. Anything else is an error: taken for absent it
/// could end a list early.
fn number(json: Option<&str>) -> Result<Option<u64>, serde_json::Error> {
    let Some(json) = json.filter(|json| *json != "null") else {
        return Ok(None);
    };
    let digits = text_of(json).unwrap_or(json.into());
    let number = digits.parse().map(Some);
    number.map_err(|_| expected("a number in `meta`"))
}

fn expected(what: &'static str) -> serde_json::Error {
    de::Error::invalid_value(de::Unexpected::Other("this value"), &what)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Received<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = Received<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page as an array or as an object with `data`")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Received<T>, S::Error> {
                Ok(Received {
                    items: Vec::deserialize(de::value::SeqAccessDeserializer::new(seq))?,
                    meta: Meta::default(),
                    next: Next::Absent,
                })
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Received<T>, M::Error> {
                let (mut items, mut meta, mut next) = (None, None, None);
                while let Some(Name(name)) = map.next_key()? {
                    match &*name {
                        "data" if items.is_none() => items = Some(map.next_value()?),
                        "meta" if meta.is_none() => {
                            let json = map.next_value::<&RawValue>()?.get();
                            meta = Some(Meta::read(json).map_err(de::Error::custom)?);
                        }
                        "links" if next.is_none() => {
                            let json = map.next_value::<&RawValue>()?.get();
                            next = Some(Next::read(json).map_err(de::Error::custom)?);
                        }
                        "data" => return Err(de::Error::duplicate_field("data")),
                        "meta" => return Err(de::Error::duplicate_field("meta")),
                        "links" => return Err(de::Error::duplicate_field("links")),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Received {
                    items: items.ok_or_else(|| de::Error::missing_field("data"))?,
                    meta: meta.unwrap_or_default(),
                    next: next.unwrap_or(Next::Absent),
                })
            }
        }
        deserializer.deserialize_any(Visitor(PhantomData))
    }
}
