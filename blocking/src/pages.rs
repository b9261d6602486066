//! All items of a list as an iterator that fetches page after page.

use std::vec;

use sanspay_core::{Error, Paged, Pager};

use crate::client::Client;

/// The items of a list, in order. It fetches a page when the one before is used up, and ends
/// after the last item or the first error.
#[must_use]
pub struct Pages<L: Paged> {
    client: Client,
    pager: Pager<L>,
    items: vec::IntoIter<L::Item>,
    failed: bool,
}

impl<L: Paged> Pages<L> {
    pub(crate) fn new(client: Client, list: L) -> Self {
        Self {
            client,
            pager: Pager::new(list),
            items: Vec::new().into_iter(),
            failed: false,
        }
    }

    /// How many items the server says there are, once a page has said it.
    pub fn total(&self) -> Option<u64> {
        self.pager.total()
    }
}

impl<L: Paged> Pages<L> {
    /// The items of the next page; `None` after the last one.
    fn fetch(&mut self) -> Result<Option<Vec<L::Item>>, Error> {
        let Some(list) = self.pager.next()? else {
            return Ok(None);
        };
        let page = self.client.call(list)?;
        self.pager.accept(page).map(Some)
    }
}

impl<L: Paged> Iterator for Pages<L> {
    type Item = Result<L::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            if self.failed {
                return None;
            }
            match self.fetch() {
                Ok(items) => self.items = items?.into_iter(),
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
