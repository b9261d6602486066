//! Every way to cut a signed text into parameters.

/// Names and values.
pub type Pairs = Vec<(String, String)>;

/// Every name that a notification or return may have, but for `sign`, in the order of their bytes.
pub const NAMES: [&str; 11] = [
    "app_id",
    "body",
    "channel_id",
    "currency",
    "customer_id",
    "out_trade_no",
    "status",
    "subject",
    "subscription_id",
    "total_amount",
    "trade_no",
];

/// Those of them without which a message is none.
pub const REQUIRED: [&str; 8] = [
    "app_id",
    "channel_id",
    "currency",
    "out_trade_no",
    "status",
    "subject",
    "total_amount",
    "trade_no",
];

/// Every cut of `text` into parameters of known names that has `text` as its signed text and all
/// of the `required` names, up to `limit` of them.
///
/// A parameter begins at the start or behind an `&`, with a known name and `=`. The names rise,
/// because the text is sorted, and no value is one that the signature leaves out.
pub fn known_cuts(text: &str, required: &[&str], limit: usize) -> Vec<Pairs> {
    let mut begins = Vec::new();
    let starts = std::iter::once(0).chain(text.match_indices('&').map(|(at, _)| at + 1));
    for start in starts {
        let name = NAMES.into_iter().find(|name| {
            let rest = text.get(start..).and_then(|rest| rest.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with('='))
        });
        if let Some(name) = name {
            begins.push((start, name));
        }
    }
    let mut search = Search {
        text,
        begins,
        required,
        limit,
        cut: Vec::new(),
        cuts: Vec::new(),
    };
    let first = search.begins.first().copied();
    if first.is_some_and(|(start, name)| start == 0 && search.leaves_nothing_out("", name)) {
        search.extend(0);
    }
    search.cuts
}

struct Search<'a> {
    text: &'a str,
    begins: Vec<(usize, &'static str)>,
    required: &'a [&'a str],
    limit: usize,
    cut: Pairs,
    cuts: Vec<Pairs>,
}

impl Search<'_> {
    /// Adds every cut that goes on with a parameter at `begins[at]`.
    fn extend(&mut self, at: usize) {
        let Some((start, name)) = self.begins.get(at).copied() else {
            return;
        };
        for next in at + 1..=self.begins.len() {
            let (end, next_name) = match self.begins.get(next) {
                Some((start, name)) => (start - 1, *name),
                None => (self.text.len(), "\u{10ffff}"),
            };
            let value = self.text.get(start + name.len() + 1..end);
            let signed = value.filter(|value| !matches!(*value, "" | "0"));
            let rises = next_name > name && self.leaves_nothing_out(name, next_name);
            let (Some(value), true) = (signed, rises && self.cuts.len() < self.limit) else {
                continue;
            };
            self.cut.push((name.to_owned(), value.to_owned()));
            if next == self.begins.len() {
                self.cuts.push(self.cut.clone());
            } else {
                self.extend(next);
            }
            self.cut.pop();
        }
    }

    /// Whether no required name lies between the two.
    fn leaves_nothing_out(&self, before: &str, after: &str) -> bool {
        !self
            .required
            .iter()
            .any(|name: &&str| before < *name && *name < after)
    }
}
