//! A signed checkout: as a URL, and as a form that submits itself.

use std::fmt::{self, Write as _};

use html_escape::encode_quoted_attribute;

use super::sign::{Signature, SigningKey, signed_text};
use crate::wire::query::Query;

/// A checkout that is signed and ready for the payer's browser.
///
/// It holds the customer's data and a signature that anybody may use once he has it, so `Debug`
/// shows the parameters' names only. Show the URL to the payer and do not log it.
#[derive(Clone)]
pub struct SignedCheckout {
    page: String,
    parameters: Vec<(&'static str, String)>,
    signed_text: String,
    sign: Signature,
}

impl SignedCheckout {
    pub(super) fn new(
        page: &str,
        mut parameters: Vec<(&'static str, String)>,
        key: &SigningKey,
    ) -> Self {
        let signed_text = signed_text(&parameters);
        let sign = key.sign_text(&signed_text);
        parameters.push(("sign", sign.as_str().to_owned()));
        Self {
            page: page.to_owned(),
            parameters,
            signed_text,
            sign,
        }
    }

    /// The URL to send the payer's browser to, encoded as PHP's `http_build_query` does.
    pub fn url(&self) -> String {
        let mut url = Query::new(Some(&self.page));
        for (name, value) in &self.parameters {
            url.pair(name, value);
        }
        url.finish()
    }

    /// A page that sends the browser to the same place at once: a `GET` form with every parameter
    /// as a hidden field, submitted by a script, or by a button where scripts are off.
    ///
    /// The script is inline; a `Content-Security-Policy` without inline scripts needs its own
    /// page, or a redirect to [`url`](SignedCheckout::url).
    pub fn form_html(&self) -> String {
        let mut fields = String::new();
        for (name, value) in &self.parameters {
            let value = encode_quoted_attribute(value);
            // Writing to a `String` cannot fail.
            let _ = writeln!(
                fields,
                "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
            );
        }
        let page = encode_quoted_attribute(&self.page);
        format!(
            "<!DOCTYPE html>\n\
             <html lang=\"en\">\n\
             <head>\n\
             <meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>Checkout</title>\n\
             </head>\n\
             <body>\n\
             <form id=\"checkout\" method=\"get\" action=\"{page}\" accept-charset=\"utf-8\">\n\
             {fields}\
             <noscript><button type=\"submit\">Continue to payment</button></noscript>\n\
             </form>\n\
             <script>document.getElementById(\"checkout\").submit();</script>\n\
             </body>\n\
             </html>\n"
        )
    }

    /// The parameters as they are sent, `sign` last.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// The text that was signed, without the secret: what to compare when a provider refuses a
    /// signature.
    pub fn signed_text(&self) -> &str {
        &self.signed_text
    }

    /// The signature.
    pub fn sign(&self) -> &Signature {
        &self.sign
    }
}

impl fmt::Debug for SignedCheckout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| name).collect();
        f.debug_struct("SignedCheckout")
            .field("page", &self.page)
            .field("parameters", &names)
            .finish_non_exhaustive()
    }
}
