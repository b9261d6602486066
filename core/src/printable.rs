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
        let mut chars = self.0.chars();
        for c in chars.by_ref().take(MOST) {
            match c {
                '"' | '\'' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        match chars.next() {
            Some(_) => f.write_char('…'),
            None => Ok(()),
        }
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

    proptest! {
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
