//! What a pager remembers of the pages before: how much came, and which entries.

use std::fmt;

use super::Page;

/// What was read so far.
pub(super) struct Progress {
    /// It began with the first page, so that the entries can be compared with the total.
    from_start: bool,
    pages: u64,
    entries: u64,
    /// The least that the server counted: a list may get shorter or longer while it is read.
    least_total: Option<u64>,
}

impl Progress {
    pub(super) fn new(from_start: bool) -> Self {
        Self {
            from_start,
            pages: 0,
            entries: 0,
            least_total: None,
        }
    }

    pub(super) fn note<T>(&mut self, page: &Page<T>) {
        self.pages += 1;
        self.entries += page.items().len() as u64;
        let totals = self.least_total.into_iter().chain(page.total());
        self.least_total = totals.min();
    }

    /// Whether as many entries came as the server counts.
    pub(super) fn check_end(&self) -> Result<(), &'static str> {
        let missing = self.least_total.is_some_and(|total| self.entries < total);
        if self.from_start && missing {
            return Err("the list ends before as many entries came as the server counts");
        }
        Ok(())
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pages, entries, .. } = self;
        write!(f, "after {entries} entries on {pages} pages")
    }
}

/// Notices pages that come again where nothing but their entries tells them apart, with two
/// entries in memory: the first one of the page before, for a server that ignores the number or
/// stops at its last page, and the first one of a page further back, for a server that goes in a
/// circle (Brent's algorithm: that page is taken anew after 1, 2, 4, 8 … pages).
pub(super) struct Repeats<K> {
    pub(super) before: Option<K>,
    further_back: Option<K>,
    pages: u64,
}

impl<K: PartialEq> Repeats<K> {
    pub(super) fn new() -> Self {
        Self {
            before: None,
            further_back: None,
            pages: 0,
        }
    }

    pub(super) fn has_any(&self, mut keys: impl Iterator<Item = K>) -> bool {
        keys.any(|key| {
            let key = Some(key);
            key == self.before || key == self.further_back
        })
    }

    pub(super) fn note(&mut self, first: impl Fn() -> K) {
        self.pages = self.pages.saturating_add(1);
        if self.pages.is_power_of_two() {
            self.further_back = Some(first());
        }
        self.before = Some(first());
    }
}
