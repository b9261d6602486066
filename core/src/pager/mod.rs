//! Reads a list page by page, without IO.

mod page;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use page::Link;
pub use page::Page;

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};

/// Where a page is.
#[derive(Clone, PartialEq, Eq)]
pub enum Cursor {
    /// The page of this number, counted from 1.
    Page(u64),
    /// The path and query of a link that the server gave, on the API's own origin.
    Link(String),
}

/// Shows the number of a page; a link may repeat what was searched for.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(number) => f.debug_tuple("Page").field(number).finish(),
            Self::Link(_) => f.write_str("Link(..)"),
        }
    }
}

/// A list that is answered in pages, such as
/// [`ListPayments`](crate::partner::ListPayments). Implement it for a list of your own and
/// [`Pager`] reads that one too.
pub trait Paged: Endpoint<Output = Page<Self::Item>> + Clone {
    /// One entry of the list.
    type Item;
    /// What tells one entry from another.
    type Key: PartialEq;

    /// The key of an entry.
    fn key(item: &Self::Item) -> Self::Key;

    /// Where the page is that this asks for; `None` asks for whatever the server gives first.
    fn cursor(&self) -> Option<&Cursor>;

    /// The same list, asking for another page.
    #[must_use]
    fn at(&self, cursor: Cursor) -> Self;
}

/// Reads a list to its end, one page after the other.
///
/// [`next`](Pager::next) is the page to fetch; [`accept`](Pager::accept) takes what was fetched
/// and yields its entries. Calling `next` again gives the same page again, so that a failed fetch
/// can be repeated.
///
/// The next page is the one of `links.next`; else, where `meta` numbers the pages, the following
/// number up to the last; else the following number until a page is empty. The list always comes
/// to an end or to an error of kind [`ErrorKind::Paging`]: numbers must rise, no link may come
/// twice, and a server that ignores the page's number is noticed. An empty page in the middle is
/// no end. The memory needed does not grow with the list, but for sixteen bytes at most
/// for each link followed.
///
/// ```
/// use sanspay_core::partner::ListPayments;
/// use sanspay_core::{Api, BaseUrl, Endpoint, Pager};
///
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let mut answers = [
///     r#"{"data":[],"links":{"next":"https://api.example.com/partner/payments?page=2"}}"#,
///     r#"{"data":[],"links":{"next":null}}"#,
/// ].into_iter();
/// let mut pager = Pager::new(ListPayments::new());
/// while let Some(list) = pager.next() {
///     let _request = list.request(&api)?; // send it
///     let answer = http::Response::new(answers.next().unwrap_or_default().as_bytes());
///     let page = list.parse(&api, &answer)?;
///     for record in pager.accept(page)? {
///         println!("{record:?}");
///     }
/// }
/// # assert!(answers.next().is_none());
/// # Ok::<(), sanspay_core::Error>(())
/// ```
pub struct Pager<L: Paged> {
    list: L,
    finished: bool,
    number: Option<u64>,
    /// The fingerprints of those followed, sorted.
    links: Vec<u64>,
    repeats: Repeats<L::Key>,
    total: Option<u64>,
}

impl<L: Paged> Pager<L> {
    /// Starts at the page that `list` asks for.
    pub fn new(list: L) -> Self {
        let links = match list.cursor() {
            Some(Cursor::Link(link)) => vec![fingerprint(link)],
            _ => Vec::new(),
        };
        Self {
            list,
            finished: false,
            number: None,
            links,
            repeats: Repeats::new(),
            total: None,
        }
    }

    /// The page to fetch next; `None` at the end of the list and after an error of
    /// [`accept`](Pager::accept).
    pub fn next(&self) -> Option<L> {
        (!self.finished).then(|| self.list.clone())
    }

    /// How many entries the list has, where the server says so. The list may change while it is
    /// read, so this is a hint.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Takes the page that [`next`](Pager::next) asked for and yields its entries.
    ///
    /// # Errors
    /// [`ErrorKind::Paging`] when the pages contradict each other, [`ErrorKind::Misuse`] when
    /// there was no page to fetch. The pager is finished then.
    pub fn accept(&mut self, page: Page<L::Item>) -> Result<Vec<L::Item>, Error> {
        let was_finished = std::mem::replace(&mut self.finished, true);
        if was_finished {
            let operation = self.list.operation().to_owned();
            let detail = "a page was given to a pager that is finished";
            return Err(Error::new(ErrorKind::Misuse, operation, detail));
        }
        self.total = page.total().or(self.total);
        let cursor = self.following(&page).map_err(|detail| {
            Error::new(ErrorKind::Paging, self.list.operation().to_owned(), detail)
        })?;
        if let Some(cursor) = cursor {
            self.list = self.list.at(cursor);
            self.finished = false;
        }
        Ok(page.into_items())
    }

    /// Where the page after this one is; `None` at the end of the list.
    fn following(&mut self, page: &Page<L::Item>) -> Result<Option<Cursor>, &'static str> {
        let number = self.number_of(page)?;
        match page.link() {
            Link::Elsewhere => {
                return Err("the link to the next page leads to another origin or is no link");
            }
            Link::Next(link) => {
                let fingerprint = fingerprint(link);
                match self.links.binary_search(&fingerprint) {
                    Ok(_) => return Err("the link to the next page was followed before"),
                    Err(place) => self.links.insert(place, fingerprint),
                }
                return Ok(Some(Cursor::Link(link.clone())));
            }
            Link::None | Link::Unknown => {}
        }
        let follows_links = matches!(self.list.cursor(), Some(Cursor::Link(_)));
        let next = number
            .and_then(|number| number.checked_add(1))
            .map(Cursor::Page);
        match (number, page.last_page()) {
            (Some(number), Some(last)) => Ok(next.filter(|_| number < last)),
            _ if follows_links || matches!(page.link(), Link::None) => Ok(None),
            _ => {
                // The server says nothing about further pages: they end with an empty one.
                let Some(first) = page.items().first() else {
                    return Ok(None);
                };
                if self.repeats.has_any(page.items().iter().map(L::key)) {
                    return Err("the same entries came for two pages");
                }
                self.repeats.note(|| L::key(first));
                Ok(next)
            }
        }
    }

    /// The number of this page, which the server says or which was asked for.
    fn number_of(&mut self, page: &Page<L::Item>) -> Result<Option<u64>, &'static str> {
        let asked = match self.list.cursor() {
            Some(Cursor::Page(number)) => Some(*number),
            Some(Cursor::Link(_)) => None,
            None => Some(page.current_page().unwrap_or(1)),
        };
        let number = page.current_page().or(asked);
        if asked.is_some() && asked != number {
            return Err("another page came than the one that was asked for");
        }
        if number.is_some() && number <= self.number {
            return Err("the numbers of the pages do not rise");
        }
        self.number = number.or(self.number);
        Ok(number)
    }
}

/// Shows the page to come and nothing of the entries.
impl<L: Paged> fmt::Debug for Pager<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("operation", &self.list.operation())
            .field("cursor", &self.list.cursor())
            .field("finished", &self.finished)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

/// Notices pages that come again where nothing but their entries tells them apart, with two
/// entries in memory: the first one of the page before, for a server that ignores the number or
/// stops at its last page, and the first one of a page further back, for a server that goes in a
/// circle (Brent's algorithm: that page is taken anew after 1, 2, 4, 8 … pages).
struct Repeats<K> {
    before: Option<K>,
    further_back: Option<K>,
    pages: u64,
}

impl<K: PartialEq> Repeats<K> {
    fn new() -> Self {
        Self {
            before: None,
            further_back: None,
            pages: 0,
        }
    }

    fn has_any(&self, mut keys: impl Iterator<Item = K>) -> bool {
        keys.any(|key| {
            let key = Some(key);
            key == self.before || key == self.further_back
        })
    }

    fn note(&mut self, first: impl Fn() -> K) {
        self.pages = self.pages.saturating_add(1);
        if self.pages.is_power_of_two() {
            self.further_back = Some(first());
        }
        self.before = Some(first());
    }
}

/// Stands for a link, so that a long list of links stays small. Two links share one with a
/// chance of 2^-64, and would end the list with an error.
fn fingerprint(link: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    link.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
