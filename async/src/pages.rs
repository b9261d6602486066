//! All items of a list as a stream that fetches the next page while this one is worked on.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;
use sanspay_core::{Error, Paged, Pager};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::client::Client;

/// One page's items, or the error that ends the list.
type Fetched<T> = Result<Vec<T>, Error>;

/// The items of a list, in order, as a [`Stream`]. It ends after the last item or the first error.
///
/// While you work on one page the next one is fetched by a task of its own, at most
/// [`look_ahead`](Pages::look_ahead) pages in advance. Dropping the stream ends that task.
#[must_use = "a stream fetches nothing until it is polled"]
pub struct Pages<L: Paged> {
    source: Source<L>,
    look_ahead: usize,
    items: vec::IntoIter<L::Item>,
}

enum Source<L: Paged> {
    NotStarted(Client, Pager<L>),
    Running(mpsc::Receiver<Fetched<L::Item>>, AbortOnDrop),
    Ended,
}

impl<L> Pages<L>
where
    L: Paged + Send + Sync + 'static,
    L::Item: Send,
    L::Key: Send,
{
    pub(crate) fn new(client: Client, list: L) -> Self {
        let source = Source::NotStarted(client, Pager::new(list));
        Self { source, look_ahead: 1, items: Vec::new().into_iter() }
    }

    /// How many pages are fetched in advance: one by default, none with 0. It has no effect once
    /// the stream was polled.
    pub fn look_ahead(mut self, pages: usize) -> Self {
        self.look_ahead = pages;
        self
    }

    /// The next item; the same as the stream's, for code without stream extensions.
    pub async fn next(&mut self) -> Option<Result<L::Item, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<L::Item, Error>>> {
        loop {
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match &mut self.source {
                Source::Ended => return Poll::Ready(None),
                Source::Running(pages, _) => match ready!(pages.poll_recv(cx)) {
                    Some(Ok(items)) => self.items = items.into_iter(),
                    Some(Err(error)) => {
                        self.source = Source::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                    None => self.source = Source::Ended,
                },
                Source::NotStarted(..) => self.start(),
            }
        }
    }
}
