//! Reads an object in one pass: its fields under our names, wherever they stand.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::places::{Holds, Node, Path, Places, find};
use crate::json::Object;

/// How many fields are kept: they take more room than what they were read from.
const MOST: usize = 10_000;

impl Places {
    /// The same as [`gather`](Places::gather) of the object that stands `outer` objects further
    /// in. `None` where anything is odd: whoever asked reads it again, step by step.
    pub(crate) fn once<'a>(&self, json: &'a str, outer: usize) -> Option<Object<'a>> {
        let mut json = serde_json::Deserializer::from_str(json);
        let read = self.seed(outer).deserialize(&mut json).ok()?;
        json.end().ok()?;
        read
    }

    /// The fields under our names, in one pass where nothing is odd.
    pub(crate) fn read<'a>(&self, json: &'a str) -> Result<Object<'a>, serde_json::Error> {
        match self.once(json, 0) {
            Some(object) => Ok(object),
            None => Ok(self.gather(Object::read(json)?)),
        }
    }

    /// The same as a part of something larger.
    pub(crate) fn seed(&self, outer: usize) -> Once<'_> {
        Once {
            places: self,
            outer,
        }
    }
}

/// Reads one object.
#[derive(Clone, Copy)]
pub(crate) struct Once<'p> {
    places: &'p Places,
    outer: usize,
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Option<Object<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut read = Read {
            // Room for a few that are not known.
            fields: Vec::with_capacity(self.places.fields().len() + 6),
            is_odd: false,
        };
        let pass = Pass {
            known: self.places.hidden_names(),
            nodes: self.places.nodes(),
            path: None,
            outer: self.outer,
            read: &mut read,
        };
        deserializer.deserialize_any(pass)?;
        Ok((!read.is_odd).then(|| Object::of(read.fields)))
    }
}

/// What was read so far.
struct Read<'de> {
    fields: Vec<(Cow<'de, str>, &'de str)>,
    /// Something stands where an object or a list of one is expected.
    is_odd: bool,
}

/// One object on the way to the fields.
struct Pass<'w, 'p, 'r, 'de> {
    known: &'p [&'static str],
    nodes: &'p [Node],
    /// Where it stands, from the object that is read.
    path: Option<&'w Path<'w>>,
    /// How many objects are around that one: what else they have is not kept.
    outer: usize,
    read: &'r mut Read<'de>,
}

impl<'de> Pass<'_, '_, '_, 'de> {
    fn keep(&mut self, name: Cow<'de, str>, json: &'de str) {
        self.read.is_odd |= self.read.fields.len() >= MOST;
        self.read.fields.push((name, json));
    }

    /// The name of what no field is for.
    fn name_of_other(&self, name: Cow<'de, str>, is_constant: bool) -> Cow<'de, str> {
        let is_ours = self.known.contains(&&*name);
        if self.path.is_some() || is_ours || is_constant {
            return Path(self.path, &name).text().into();
        }
        name
    }

    /// Goes on below a name.
    fn below<'s>(&'s mut self, nodes: &'s [Node], path: &'s Path<'s>) -> Pass<'s, 's, 's, 'de> {
        Pass {
            known: self.known,
            nodes,
            path: (self.outer == 0).then_some(path),
            outer: self.outer.saturating_sub(1),
            read: self.read,
        }
    }

    fn odd(self) {
        self.read.is_odd = true;
    }
}

impl<'de> DeserializeSeed<'de> for Pass<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Pass<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        let (mut next, mut entered) = (0, false);
        while let Some(name) = map.next_key_seed(Name)? {
            match find(self.nodes, &mut next, &name) {
                Some(Holds::Field(field)) => {
                    self.keep(Cow::Borrowed(field), map.next_value::<&RawValue>()?.get());
                }
                Some(Holds::Object(nodes)) => {
                    // Of two envelopes nobody knows which one counts.
                    self.read.is_odd |= self.outer > 0 && std::mem::replace(&mut entered, true);
                    let path = Path(self.path, &name);
                    map.next_value_seed(self.below(nodes, &path))?;
                }
                _ if self.outer > 0 => drop(map.next_value::<IgnoredAny>()?),
                holds => {
                    let name = self.name_of_other(name, holds.is_some());
                    self.keep(name, map.next_value::<&RawValue>()?.get());
                }
            }
        }
        Ok(())
    }

    /// `0` is the only element of a list; PHP writes an empty object as `[]`.
    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> Result<(), S::Error> {
        let path = Path(self.path, "0");
        match find(self.nodes, &mut 0, "0") {
            Some(Holds::Field(field)) => {
                if let Some(json) = seq.next_element::<&RawValue>()? {
                    self.keep(Cow::Borrowed(field), json.get());
                }
            }
            Some(Holds::Object(nodes)) => {
                seq.next_element_seed(self.below(nodes, &path))?;
            }
            _ => {}
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            self.read.is_odd = true;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.odd();
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.odd();
        Ok(())
    }
}

/// The name of a field, borrowed where it is written without escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(name))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(name.to_owned()))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
