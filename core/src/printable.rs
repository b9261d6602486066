//! Text that came from outside, made safe to print.

use std::fmt::{self, Write as _};

/// How many characters of a text are printed.
const MOST: usize = 200;

/// Shows a text that came from outside in one line: what nobody sees is escaped (line feeds, ANSI
/// sequences, marks that turn the direction of writing), so is the backslash, and of a long text
/// the first 200 characters are shown, followed by `…`.
///
/// Use it for every text of others that a log or a terminal shows.
///
/// ```
/// use sanspay_core::printable;
/// assert_eq!(printable("paid").to_string(), "paid");
/// assert_eq!(printable("paid\nroot: \u{1b}[31mfailed").to_string(), r"paid\nroot: \u{1b}[31mfailed");
/// assert_eq!(printable(&"x".repeat(300)).to_string().chars().count(), 201);
/// ```
pub fn printable(text: &str) -> impl fmt::Display + '_ {
    Printable(text)
}

struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(MOST) {
            Some((end, _)) => {
                Escaped(self.0.get(..end).unwrap_or_default()).fmt(f)?;
                f.write_char('…')
            }
            None => Escaped(self.0).fmt(f),
        }
    }
}

/// A text like [`printable`]'s in full length: for keys, of which no two may look the same.
///
/// ```
/// assert_eq!(sanspay_core::escaped("A-1\n").to_string(), r"A-1\n");
/// ```
pub fn escaped(text: &str) -> impl fmt::Display + '_ {
    Escaped(text)
}

pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\'' => f.write_char(c),
            // Letters and a mark that are blank.
            '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' => {
                write!(f, "{}", c.escape_unicode())
            }
            _ => write!(f, "{}", c.escape_debug()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_nobody_sees_is_escaped_and_letters_are_not() {
        let shown = |text| printable(text).to_string();
        assert_eq!(shown("a \"b\" it's é 支付"), "a \"b\" it's é 支付");
        assert_eq!(shown("a\r\n\t\0\u{7f}\u{9b}1m"), r"a\r\n\t\0\u{7f}\u{9b}1m");
        assert_eq!(
            shown("\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}"),
            r"\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}"
        );
        assert_eq!(shown(r"\n"), r"\\n", "an escape cannot be forged");
    }

    #[test]
    fn letters_and_marks_that_are_blank_are_escaped_as_well() {
        for blank in ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'] {
            let escaped = format!("paid{}", blank.escape_unicode());
            assert_eq!(printable(&format!("paid{blank}")).to_string(), escaped);
        }
    }

    proptest! {
        #[test]
        fn keys_that_differ_are_shown_differently(one in ".{0,9}", other in ".{0,9}") {
            let (shown, other_shown) = (Escaped(&one).to_string(), Escaped(&other).to_string());
            prop_assert_eq!(shown == other_shown, one == other);
        }

        #[test]
        fn it_is_one_bounded_line_of_visible_characters(text in ".{0,300}") {
            let shown = printable(&text).to_string();
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert!(shown.chars().count() <= MOST * 10 + 1);
            if text.chars().all(|c| c.is_ascii_alphanumeric()) && text.len() <= MOST {
                prop_assert_eq!(shown, text);
            }
        }
    }
}
