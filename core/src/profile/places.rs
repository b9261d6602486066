//! Where the fields of an object stand: one table to read by and to write by.

use std::borrow::Cow;

use jsonptr::Pointer;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::json::{Object, text_of};

/// Where the fields of an object stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    nodes: Vec<Node>,
    fields: Vec<&'static str>,
    /// A field stands inside of another object.
    is_deep: bool,
    /// A field has another name than ours.
    is_renamed: bool,
}

/// One name of an object and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    name: Box<str>,
    holds: Holds,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    Field(&'static str),
    /// JSON that is always sent there.
    Constant(Box<str>),
    Object(Vec<Node>),
}

/// Another field has the place, or one inside or around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clash;

impl Places {
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Our names that another thing may have: none where every field has its own.
    pub(super) fn hidden_names(&self) -> &[&'static str] {
        if self.is_flat() && !self.is_renamed {
            return &[];
        }
        &self.fields
    }

    /// The names of the fields.
    pub(crate) fn fields(&self) -> &[&'static str] {
        &self.fields
    }

    /// Adds a field.
    pub(super) fn add(&mut self, field: &'static str, place: &Pointer) -> Result<(), Clash> {
        self.fields.push(field);
        self.is_deep |= place.count() > 1;
        self.is_renamed |= place.first().is_none_or(|name| name.decoded() != field);
        insert(&mut self.nodes, place, Holds::Field(field))
    }

    /// Adds a constant.
    pub(super) fn add_constant(&mut self, place: &Pointer, json: &str) -> Result<(), Clash> {
        self.is_deep |= place.count() > 1;
        insert(&mut self.nodes, place, Holds::Constant(json.into()))
    }

    /// The fields of an object under our names. What is at no known place keeps its name, or has
    /// its place where that is deeper or where its name is one of ours.
    pub(crate) fn gather<'a>(&self, object: Object<'a>) -> Object<'a> {
        if self.is_flat() && !self.is_renamed {
            return object;
        }
        let mut fields = object.into_fields();
        let mut next = 0;
        if self.is_flat() {
            // The fields stay where they are.
            for (name, _) in &mut fields {
                self.rename(find(&self.nodes, &mut next, name), name);
            }
            return Object::of(fields);
        }
        let mut gathered = Vec::with_capacity(fields.len());
        for (mut name, json) in fields {
            match find(&self.nodes, &mut next, &name) {
                Some(holds @ Holds::Object(_)) => {
                    take(holds, &Path(None, &name), json, &mut gathered);
                }
                holds => {
                    self.rename(holds, &mut name);
                    gathered.push((name, json));
                }
            }
        }
        Object::of(gathered)
    }

    fn rename(&self, holds: Option<&Holds>, name: &mut Cow<'_, str>) {
        match holds {
            Some(Holds::Field(field)) => *name = Cow::Borrowed(field),
            None if !self.fields.contains(&&**name) => {}
            _ => *name = Path(None, name).text().into(),
        }
    }

    /// Whether the field has a place.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains(&field)
    }

    /// The most bytes that names and constants take when the object is written.
    pub(crate) fn room(&self) -> usize {
        room(&self.nodes)
    }

    /// The object as the pairs of a form; `None` where it is more than one level deep.
    pub(crate) fn pairs<'v>(
        &'v self,
        value: &'v dyn Fn(&'static str) -> Option<&'v str>,
    ) -> impl Iterator<Item = (&'v str, Cow<'v, str>)> {
        self.nodes.iter().filter_map(move |node| {
            let text = match &node.holds {
                Holds::Field(field) => value(field)?.into(),
                Holds::Constant(json) => text_of(json).unwrap_or_else(|| (**json).into()),
                Holds::Object(_) => return None,
            };
            Some((&*node.name, text))
        })
    }

    /// Whether every field stands at the top.
    pub(super) fn is_flat(&self) -> bool {
        !self.is_deep
    }

    /// Writes the object; `value` gives what is sent of each field.
    pub(crate) fn written<'v, V: Serialize>(
        &'v self,
        value: &'v dyn Fn(&'static str) -> Option<V>,
    ) -> impl Serialize + 'v {
        Branch {
            nodes: &self.nodes,
            value,
        }
    }
}

fn insert(nodes: &mut Vec<Node>, place: &Pointer, holds: Holds) -> Result<(), Clash> {
    let (first, rest) = place.split_front().ok_or(Clash)?;
    let name = first.decoded();
    let known = nodes.iter_mut().find(|node| *node.name == *name);
    match known {
        Some(node) if !rest.is_root() => match &mut node.holds {
            Holds::Object(below) => insert(below, rest, holds),
            _ => Err(Clash),
        },
        Some(_) => Err(Clash),
        None => {
            let holds = if rest.is_root() {
                holds
            } else {
                let mut below = Vec::new();
                insert(&mut below, rest, holds)?;
                Holds::Object(below)
            };
            nodes.push(Node {
                name: name.into(),
                holds,
            });
            Ok(())
        }
    }
}

fn room(nodes: &[Node]) -> usize {
    let rooms = nodes.iter().map(|node| {
        let inner = match &node.holds {
            Holds::Field(_) => 0,
            Holds::Constant(json) => json.len(),
            Holds::Object(below) => room(below),
        };
        // An escaped name takes six times its bytes at most, and quotes, colon, comma and braces.
        6 * node.name.len() + 8 + inner
    });
    rooms.sum()
}

/// What is at a name. The node after the last one that was found is tried first: servers write
/// their fields in the same order each time.
pub(crate) fn find<'n>(nodes: &'n [Node], next: &mut usize, name: &str) -> Option<&'n Holds> {
    let expected = nodes.get(*next).filter(|node| *node.name == *name);
    if expected.is_none() {
        *next = nodes.iter().position(|node| *node.name == *name)?;
    }
    let node = nodes.get(*next)?;
    *next += 1;
    Some(&node.holds)
}

/// The way to a value, from the inside out.
pub(crate) struct Path<'p>(pub(crate) Option<&'p Path<'p>>, pub(crate) &'p str);

impl Path<'_> {
    /// As a JSON Pointer.
    pub(crate) fn text(&self) -> String {
        let mut text = self.0.map_or_else(String::new, Path::text);
        text.push('/');
        text.push_str(jsonptr::Token::new(self.1).encoded());
        text
    }
}

/// Adds what is at a place to what was gathered.
fn take<'a>(
    holds: &Holds,
    path: &Path<'_>,
    json: &'a str,
    gathered: &mut Vec<(Cow<'a, str>, &'a str)>,
) {
    let below = match holds {
        Holds::Field(field) => return gathered.push(((*field).into(), json)),
        Holds::Constant(_) => return gathered.push((path.text().into(), json)),
        Holds::Object(below) => below,
    };
    let mut next = 0;
    if let Ok(object) = Object::read(json) {
        for (name, json) in object.into_fields() {
            match find(below, &mut next, &name) {
                Some(holds) => take(holds, &Path(Some(path), &name), json, gathered),
                None => gathered.push((Path(Some(path), &name).text().into(), json)),
            }
        }
    } else if let (Some(holds), Some(only)) = (find(below, &mut next, "0"), only_item(json)) {
        take(holds, &Path(Some(path), "0"), only, gathered);
    } else if json != "null" && !is_empty_list(json) {
        gathered.push((path.text().into(), json));
    }
}

/// The only element of a list. The first of two is not the one that is meant.
fn only_item(json: &str) -> Option<&str> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    match &*items {
        [only] => Some(only.get()),
        _ => None,
    }
}

/// PHP writes an empty object as `[]`.
fn is_empty_list(json: &str) -> bool {
    let inner = json
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.trim_ascii().is_empty())
}

/// An object that is written by its places. One without a value is left out.
struct Branch<'v, V> {
    nodes: &'v [Node],
    value: &'v dyn Fn(&'static str) -> Option<V>,
}

impl<V> Branch<'_, V> {
    fn is_empty(&self) -> bool {
        self.nodes.iter().all(|node| match &node.holds {
            Holds::Field(field) => (self.value)(field).is_none(),
            Holds::Constant(_) => false,
            Holds::Object(nodes) => Branch {
                nodes,
                value: self.value,
            }
            .is_empty(),
        })
    }
}

impl<V: Serialize> Serialize for Branch<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for node in self.nodes {
            match &node.holds {
                Holds::Field(field) => {
                    if let Some(value) = (self.value)(field) {
                        map.serialize_entry(&node.name, &value)?;
                    }
                }
                Holds::Constant(json) => {
                    let json: &RawValue =
                        serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
                    map.serialize_entry(&node.name, json)?;
                }
                Holds::Object(nodes) => {
                    let value = self.value;
                    let branch = Branch { nodes, value };
                    if !branch.is_empty() {
                        map.serialize_entry(&node.name, &branch)?;
                    }
                }
            }
        }
        map.end()
    }
}
