//! Writes a JSON object field by field.
//!
//! Deriving `Serialize` instead would bring `serde_derive`, and with the crates below it half as much
//! again to build.

/// An object that is being written. A field is never written twice by its callers, and nothing is
/// escaped but what JSON wants.
pub(crate) struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    pub(crate) fn new() -> Self {
        Self::with_capacity(256)
    }

    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut json = Vec::with_capacity(bytes);
        json.push(b'{');
        Self(json)
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.name(name);
        push_text(&mut self.0, text);
        self
    }

    /// A text where there is one, and no field where there is none.
    pub(crate) fn some_text(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    /// A number, `true` or `false`, or JSON that was written before: as it is.
    pub(crate) fn json(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// The same where there is some.
    pub(crate) fn some_json(&mut self, name: &str, json: Option<&str>) -> &mut Self {
        if let Some(json) = json {
            self.json(name, json);
        }
        self
    }

    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.name(name);
        self.nested(write);
        self
    }

    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        items: &[T],
        write: impl Fn(&T, &mut Self),
    ) -> &mut Self {
        self.name(name);
        self.0.push(b'[');
        for item in items {
            self.separate();
            self.nested(|object| write(item, object));
        }
        self.0.push(b']');
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        self.0.push(b'{');
        write(self);
        self.0.push(b'}');
    }

    fn name(&mut self, name: &str) {
        self.separate();
        push_text(&mut self.0, name);
        self.0.push(b':');
    }

    /// No field and no item ends in a bracket that opens.
    fn separate(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[')) {
            self.0.push(b',');
        }
    }
}

fn push_text(json: &mut Vec<u8>, text: &str) {
    // A text can always be written, and memory takes it.
    let _ = serde_json::to_writer(json, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn written(write: impl FnOnce(&mut ObjectWriter)) -> String {
        let mut object = ObjectWriter::new();
        write(&mut object);
        String::from_utf8(object.finish()).unwrap()
    }

    #[test]
    fn fields_are_written_in_their_order_without_space() {
        assert_eq!(written(|_| ()), "{}");
        let json = written(|object| {
            object
                .text("a", "{\"")
                .some_text("none", None)
                .some_text("b", Some("["))
                .object("c", |_| ())
                .object("d", |d| {
                    d.json("n", "1.50").json("raw", "[1, {}]");
                })
                .objects("none", &[0; 0], |_, _| ())
                .objects("e", &["x", ""], |text, item| {
                    item.text("t", text);
                })
                .json("f", "true");
        });
        assert_eq!(
            json,
            r#"{"a":"{\"","b":"[","c":{},"d":{"n":1.50,"raw":[1, {}]},"none":[],"e":[{"t":"x"},{"t":""}],"f":true}"#
        );
    }

    proptest! {
        #[test]
        fn serde_json_reads_what_was_written(name in "(.|\\\\|\"|\\x00){0,8}", texts in prop::collection::vec("(.|\\\\|\"|\\x1f){0,8}", 0..4)) {
            let json = written(|object| {
                object.objects(&name, &texts, |text, item| {
                    item.text(&name, text).object(text, |_| ());
                });
            });
            let items = texts.iter().map(|text| {
                if name == *text { json!({ text: {} }) } else { json!({ &name: text, text: {} }) }
            });
            let items: Vec<Value> = items.collect();
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), json!({ &name: items }));
        }
    }
}
