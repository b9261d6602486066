//! Reads a list page by page, without IO.

mod page;
mod paging;
mod progress;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

pub use page::Page;
use paging::Next;
use progress::{Progress, Repeats};

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};

/// Where a page is.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cursor {
    /// The page of this number, counted from 1.
    Page(u64),
    /// Behind this mark of the server's, which is sent as it came: the parameter `cursor`.
    After(String),
    /// Behind so many entries, where the provider's [profile](crate::profile) counts in entries.
    Offset(u64),
}

/// Shows the number of a page; a mark may repeat what was searched for.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(number) => f.debug_tuple("Page").field(number).finish(),
            Self::After(_) => f.write_str("After(..)"),
            Self::Offset(entries) => f.debug_tuple("Offset").field(entries).finish(),
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

    /// How many entries it asks for at once, where it says so.
    fn page_size(&self) -> Option<u64> {
        None
    }

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
/// Every request is the list's own, with all of its filters: of the server's link to the next page
/// only the page or the cursor is taken, wherever the link leads. Without a link it is `next_cursor`;
/// else, where the pages are numbered, the following number up to the last; else the following
/// number until a page is empty. Where the provider's [profile](crate::profile) counts in entries,
/// the next page begins behind what came. A page in hand is yielded before its link is judged.
///
/// The list always comes to its end or to an error of kind [`ErrorKind::Paging`] that says what was
/// read so far: numbers must rise without a gap, no cursor may come twice, and a server that ignores
/// the page's number is noticed. A further page that is announced in a way that is not understood is
/// no end, and neither are fewer entries than the server counts or an empty page in the middle. The
/// memory needed does not grow with the list, but for sixteen bytes at most for each cursor.
///
/// ```
/// use sanspay_core::partner::{ListPayments, Status};
/// use sanspay_core::{Api, BaseUrl, Endpoint, Pager};
///
/// let api = Api::new(BaseUrl::new("https://api.example.com")?);
/// let mut answers = [
///     r#"{"data":[],"links":{"next":"http://10.0.0.1:8080/payments?page=2"}}"#,
///     r#"{"data":[],"links":{"next":null}}"#,
/// ].into_iter();
/// let mut asked = Vec::new();
/// let mut pager = Pager::new(ListPayments::new().status(Status::Paid));
/// while let Some(list) = pager.next()? {
///     asked.push(list.request(&api)?.uri().to_string()); // send it
///     let answer = http::Response::new(answers.next().unwrap_or_default().as_bytes());
///     let page = list.read(&api, &answer)?;
///     for record in pager.accept(page)? {
///         println!("{record:?}");
///     }
/// }
/// assert_eq!(asked, [
///     "https://api.example.com/partner/payments?status=paid",
///     "https://api.example.com/partner/payments?status=paid&page=2",
/// ]);
/// # Ok::<(), sanspay_core::Error>(())
/// ```
pub struct Pager<L: Paged> {
    list: L,
    /// How it ended.
    end: Option<Result<(), Error>>,
    number: Option<u64>,
    /// The fingerprints of those followed, sorted.
    cursors: Vec<u64>,
    repeats: Repeats<L::Key>,
    total: Option<u64>,
    progress: Progress,
}

impl<L: Paged> Pager<L> {
    /// Starts at the page that `list` asks for.
    pub fn new(list: L) -> Self {
        let cursors = match list.cursor() {
            Some(Cursor::After(mark)) => vec![fingerprint(mark)],
            _ => Vec::new(),
        };
        let from_start = matches!(
            list.cursor(),
            None | Some(Cursor::Page(1) | Cursor::Offset(0))
        );
        Self {
            list,
            end: None,
            number: None,
            cursors,
            repeats: Repeats::new(),
            total: None,
            progress: Progress::new(from_start),
        }
    }

    /// The page to fetch next; `None` at the end of the list.
    ///
    /// # Errors
    /// [`ErrorKind::Paging`] when nothing says how the list goes on, or when the pages contradict
    /// each other; the same error each time. The list is incomplete then.
    pub fn next(&self) -> Result<Option<L>, Error> {
        match &self.end {
            None => Ok(Some(self.list.clone())),
            Some(end) => end.clone().map(|()| None),
        }
    }

    /// How many entries the list has, where the server says so. The list may change while it is
    /// read, so this is a hint.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Takes the page that [`next`](Pager::next) asked for and yields its entries.
    ///
    /// # Errors
    /// [`ErrorKind::Paging`] when it is not the page that was asked for, [`ErrorKind::Misuse`] when
    /// there was no page to fetch. The pager is finished then.
    pub fn accept(&mut self, page: Page<L::Item>) -> Result<Vec<L::Item>, Error> {
        if self.end.is_some() {
            let operation = self.list.operation().to_owned();
            let detail = "a page was given to a pager that is finished";
            return Err(Error::new(ErrorKind::Misuse, operation, detail));
        }
        let number = self.number_of(&page).map_err(|why| self.fail(why))?;
        self.progress.note(&page);
        self.total = page.total().or(self.total);
        match self.following(number, &page) {
            Ok(Some(cursor)) => self.list = self.list.at(cursor),
            Ok(None) => self.end = Some(Ok(())),
            Err(why) => {
                self.fail(why);
            }
        }
        Ok(page.into_items())
    }

    /// Ends the list with an error that says what was read so far.
    fn fail(&mut self, why: &str) -> Error {
        let detail = format!("{why}, {}", self.progress);
        let error = Error::new(ErrorKind::Paging, self.list.operation().to_owned(), detail);
        self.end = Some(Err(error.clone()));
        error
    }

    /// The number of this page, which the server says or which was asked for; an error where it is
    /// not the page that was asked for.
    fn number_of(&mut self, page: &Page<L::Item>) -> Result<Option<u64>, &'static str> {
        let asked = match self.list.cursor() {
            Some(Cursor::Page(number)) => Some(*number),
            Some(Cursor::After(_) | Cursor::Offset(_)) => None,
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
        // Nothing but the entries tells this page from the one before.
        let is_blind = !matches!(page.next(), Next::Cursor(_) | Next::Page(_));
        let is_numbered = page.last_page().is_some() && !page.asks().offset;
        if is_blind && !is_numbered {
            if self.repeats.has_any(page.items().iter().map(L::key)) {
                return Err("the same entries came for two pages");
            }
            if let Some(first) = page.items().first() {
                self.repeats.note(|| L::key(first));
            }
        }
        Ok(number)
    }

    /// Where the page after this one is; `None` at the end of the list.
    fn following(
        &mut self,
        number: Option<u64>,
        page: &Page<L::Item>,
    ) -> Result<Option<Cursor>, &'static str> {
        if page.asks().offset {
            return self.behind_entries(page);
        }
        let following = number.and_then(|number| number.checked_add(1));
        let after = following
            .filter(|_| page.asks().number)
            .map(Cursor::Page)
            .ok_or(NOWHERE);
        let by_cursor = matches!(self.list.cursor(), Some(Cursor::After(_)));
        let by_mark = by_cursor || !page.asks().number;
        let has_following = number
            .zip(page.last_page())
            .map(|(number, last)| number < last);
        match (page.next(), has_following) {
            (Next::Cursor(mark), _) => self.behind(mark).map(Some),
            (Next::Page(next), _) if following.is_none_or(|following| following == next) => {
                Ok(Some(Cursor::Page(next)))
            }
            (Next::Page(_), _) => Err("the link to the next page leads to another one"),
            // Whatever says that there is more is believed.
            (_, Some(true)) => after.map(Some),
            (Next::Odd, _) => Err("where the next page is was not understood"),
            (Next::More, Some(false)) => Err("the numbers of the pages contradict `has_more`"),
            (Next::More, None) if by_mark => Err(NOWHERE),
            (Next::More, None) => after.map(Some),
            // The server says nothing about further pages: they end with an empty one.
            (Next::Unknown, None) if !by_mark && !page.items().is_empty() => after.map(Some),
            // A mark that never came may stand elsewhere than the profile says.
            (Next::Unknown, _) if self.cursors.is_empty() && by_mark && self.is_full(page) => {
                Err("the page is full, and nothing says whether there is a next one")
            }
            (Next::None | Next::Unknown, _) => self.progress.check_end().map(|()| None),
        }
    }

    /// Whether there are as many entries as were asked for, and nothing says that these are all.
    fn is_full(&self, page: &Page<L::Item>) -> bool {
        let size = page.per_page().or(self.list.page_size());
        let entries = page.items().len() as u64;
        page.total().is_none() && size.is_some_and(|size| size > 0 && entries >= size)
    }

    /// The place behind what came, however much was asked for.
    fn behind_entries(&self, page: &Page<L::Item>) -> Result<Option<Cursor>, &'static str> {
        let before = match self.list.cursor() {
            Some(Cursor::Offset(entries)) => *entries,
            _ => 0,
        };
        let reached = before.saturating_add(page.items().len() as u64);
        let is_more = match (page.next(), page.total()) {
            (Next::Odd, _) => return Err("where the next page is was not understood"),
            (Next::More | Next::Page(_) | Next::Cursor(_), _) if page.items().is_empty() => {
                return Err("there are more entries and none came");
            }
            (Next::More | Next::Page(_) | Next::Cursor(_), _) => true,
            // Whatever says that there is more is believed.
            (_, Some(total)) => reached < total && !page.items().is_empty(),
            (Next::None, None) => false,
            (Next::Unknown, None) => !page.items().is_empty(),
        };
        if is_more {
            return Ok(Some(Cursor::Offset(reached)));
        }
        self.progress.check_end().map(|()| None)
    }

    fn behind(&mut self, mark: &str) -> Result<Cursor, &'static str> {
        let fingerprint = fingerprint(mark);
        match self.cursors.binary_search(&fingerprint) {
            Ok(_) => Err("the cursor of the next page was followed before"),
            Err(place) => {
                self.cursors.insert(place, fingerprint);
                Ok(Cursor::After(mark.to_owned()))
            }
        }
    }
}

/// Shows the page to come and nothing of the entries.
impl<L: Paged> fmt::Debug for Pager<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("operation", &self.list.operation())
            .field("cursor", &self.list.cursor())
            .field("finished", &self.end.is_some())
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

const NOWHERE: &str = "there is a next page and nothing says where";

/// Stands for a cursor, so that a long list of them stays small. Two cursors share one with a
/// chance of 2^-64, and would end the list with an error.
fn fingerprint(mark: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    mark.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
