//! Markup from templates: every text that is put into one is escaped.

/// Markup that is ready to be sent.
#[derive(Clone, Default)]
pub(super) struct Html(String);

/// What can be put into a template: markup as it is, and text escaped.
pub(super) trait Piece {
    /// Adds itself to the markup.
    fn write(&self, out: &mut String);
}

impl Html {
    /// The template with each `{}` replaced by the next piece. A template is a literal of this
    /// source, so that nothing that others wrote can be one.
    pub(super) fn new(template: &'static str, pieces: &[&dyn Piece]) -> Self {
        let mut parts = template.split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for (part, piece) in parts.zip(pieces) {
            piece.write(&mut out);
            out.push_str(part);
        }
        Self(out)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(pieces: I) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0).collect())
    }
}

impl Piece for Html {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl Piece for str {
    fn write(&self, out: &mut String) {
        for character in self.chars() {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                // What no document may hold, written out or not.
                control if control.is_control() && !matches!(control, '\n' | '\t') => {
                    out.push('\u{fffd}');
                }
                other => out.push(other),
            }
        }
    }
}

impl Piece for &str {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl Piece for String {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

/// At most so many characters of the text, so that no page grows beyond what it may weigh.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_markup_is_not() {
        let inner = Html::new("<b>{}</b>", &[&"a<b"]);
        let outer = Html::new("<p title=\"{}\">{}</p>", &[&"\"'&\0", &inner]);
        assert_eq!(
            outer.into_string(),
            "<p title=\"&quot;&#39;&amp;\u{fffd}\"><b>a&lt;b</b></p>"
        );
    }

    #[test]
    fn a_text_that_looks_like_a_template_is_none() {
        let html = Html::new("<i>{}</i>{}", &[&"{}", &"x"]);
        assert_eq!(html.into_string(), "<i>{}</i>x");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("茶茶茶", 2), "茶茶…");
        assert_eq!(shortened("茶茶", 2), "茶茶");
    }
}
