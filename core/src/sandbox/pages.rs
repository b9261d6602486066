//! The payer's pages: small, complete in one request, and escaped.

use http::{Response, StatusCode};

use super::answer;

/// Makes text harmless in HTML, in elements and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn page(status: StatusCode, title: &str, main: &str) -> Response<Vec<u8>> {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n"
    );
    answer::html(status, html)
}

/// One thing that the payer can do: a button that posts to `{action}/{verb}`.
pub(super) struct Button<'a> {
    verb: &'a str,
    label: &'a str,
    ability: Option<&'a str>,
}

impl<'a> Button<'a> {
    pub(super) fn new(verb: &'a str, label: &'a str) -> Self {
        Self {
            verb,
            label,
            ability: None,
        }
    }

    /// Posts what the payer chose along.
    pub(super) fn choice(mut self, ability: &'a str) -> Self {
        self.ability = Some(ability);
        self
    }

    fn html(&self, action: &str) -> String {
        let name = self.ability.map_or_else(String::new, |ability| {
            format!(" name=\"ability\" value=\"{}\"", escape(ability))
        });
        format!(
            "<button type=\"submit\" formaction=\"{}/{}\"{name}>{}</button>\n",
            escape(action),
            escape(self.verb),
            escape(self.label)
        )
    }
}

/// What is to be paid, through which channel, and the payer's choices.
pub(super) fn payment(
    title: &str,
    facts: &[(&str, String)],
    action: &str,
    channels: &[(&str, &str)],
    buttons: &[Button<'_>],
) -> Response<Vec<u8>> {
    let fact = |(label, text): &(&str, String)| {
        format!("<dt>{}</dt><dd>{}</dd>\n", escape(label), escape(text))
    };
    let facts: String = facts.iter().map(fact).collect();
    let option = |(id, name): &(&str, &str)| {
        format!(
            "<option value=\"{}\">{}</option>\n",
            escape(id),
            escape(name)
        )
    };
    let options: String = channels.iter().map(option).collect();
    let channel = if options.is_empty() {
        String::new()
    } else {
        format!(
            "<p><label for=\"channel\">Pay with</label>\n\
             <select id=\"channel\" name=\"channel_id\">\n{options}</select></p>\n"
        )
    };
    let buttons: String = buttons.iter().map(|button| button.html(action)).collect();
    let main =
        format!("<dl>\n{facts}</dl>\n<form method=\"post\">\n{channel}<p>{buttons}</p>\n</form>\n");
    page(StatusCode::OK, title, &main)
}

/// Why nothing can be paid here: each parameter with its reason, and for a wrong signature the
/// text that was signed on this side.
pub(super) fn refusal(
    status: StatusCode,
    problems: &[(&str, &str)],
    signed_text: Option<&str>,
) -> Response<Vec<u8>> {
    let problem = |(parameter, reason): &(&str, &str)| {
        format!(
            "<li><code>{}</code> {}</li>\n",
            escape(parameter),
            escape(reason)
        )
    };
    let mut main = String::new();
    if !problems.is_empty() {
        let items: String = problems.iter().map(problem).collect();
        main = format!("<ul>\n{items}</ul>\n");
    }
    if let Some(text) = signed_text {
        main.push_str("<p>Signed here, with the secret key at the end:</p>\n<pre>");
        main.push_str(&escape(text));
        main.push_str("</pre>\n");
    }
    let title = match status {
        StatusCode::BAD_REQUEST => "This checkout cannot be opened",
        StatusCode::METHOD_NOT_ALLOWED => "This cannot be done here",
        _ => "There is no such checkout",
    };
    page(status, title, &main)
}

/// One sentence.
pub(super) fn message(text: &str) -> Response<Vec<u8>> {
    page(StatusCode::OK, text, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_that_others_wrote_becomes_markup(text in "[<>&\"'a-z ]{0,20}") {
            let facts = [("Product", format!("{text}<script>"))];
            let answer = payment("Checkout", &facts, "/x", &[(&text, &text)], &[]);
            let page = String::from_utf8(answer.into_body()).unwrap();
            let plain = payment("Checkout", &[("Product", String::new())], "/x", &[("", "")], &[]);
            let plain = String::from_utf8(plain.into_body()).unwrap();
            for mark in ['<', '>', '"', '\''] {
                prop_assert_eq!(page.matches(mark).count(), plain.matches(mark).count());
            }
        }
    }
}
