//! All items of a list as a stream that fetches the next page while this one is worked on.

use std::future::poll_fn;
use std::mem;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::Stream;
use sanspay_core::{Error, ErrorKind, Paged, Pager};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::client::Client;

/// One page's items, or the error that ends the list.
type Fetched<L> = Result<Vec<<L as Paged>::Item>, Error>;

/// A fetch under way; it gives back what the next one needs.
type Fetching<L> = Pin<Box<dyn Future<Output = (Fetcher<L>, Option<Fetched<L>>)> + Send>>;

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
    Idle(Fetcher<L>),
    OnDemand(Fetching<L>),
    Ahead(mpsc::Receiver<Fetched<L>>, Task),
    Ended,
}

impl<L> Pages<L>
where
    L: Paged + Send + Sync + 'static,
    L::Item: Send,
    L::Key: Send,
{
    pub(crate) fn new(client: Client, list: L) -> Self {
        let source = Source::Idle(Fetcher {
            client,
            pager: Pager::new(list),
        });
        Self {
            source,
            look_ahead: 1,
            items: Vec::new().into_iter(),
        }
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
            let fetched = match mem::replace(&mut self.source, Source::Ended) {
                Source::Ended => return Poll::Ready(None),
                Source::Idle(fetcher) => {
                    self.source = fetcher.start(self.look_ahead);
                    continue;
                }
                Source::OnDemand(mut fetching) => match fetching.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.source = Source::OnDemand(fetching);
                        return Poll::Pending;
                    }
                    Poll::Ready((idle, page)) => {
                        self.source = Source::Idle(idle);
                        page
                    }
                },
                Source::Ahead(mut pages, mut task) => {
                    let received = match pages.poll_recv(cx) {
                        Poll::Ready(None) => task.poll_end(cx).map(|error| error.map(Err)),
                        received => received,
                    };
                    self.source = Source::Ahead(pages, task);
                    ready!(received)
                }
            };
            match fetched {
                Some(Ok(items)) => self.items = items.into_iter(),
                Some(Err(error)) => {
                    self.source = Source::Ended;
                    return Poll::Ready(Some(Err(error)));
                }
                None => self.source = Source::Ended,
            }
        }
    }
}

struct Fetcher<L: Paged> {
    client: Client,
    pager: Pager<L>,
}

impl<L> Fetcher<L>
where
    L: Paged + Send + Sync + 'static,
    L::Item: Send,
    L::Key: Send,
{
    /// The next page; `None` after the last one.
    async fn fetch(&mut self) -> Option<Fetched<L>> {
        let list = match self.pager.next() {
            Ok(list) => list?,
            Err(error) => return Some(Err(error)),
        };
        let page = self.client.call(list).await;
        Some(page.and_then(|page| self.pager.accept(page)))
    }

    fn start(mut self, look_ahead: usize) -> Source<L> {
        if look_ahead == 0 {
            return Source::OnDemand(Box::pin(async move {
                let fetched = self.fetch().await;
                (self, fetched)
            }));
        }
        let (sender, receiver) = mpsc::channel(look_ahead);
        let task = tokio::spawn(async move {
            // Room first, so that no page is fetched that nobody has room for.
            while let Ok(room) = sender.reserve().await {
                let Some(fetched) = self.fetch().await else {
                    break;
                };
                let failed = fetched.is_err();
                room.send(fetched);
                if failed {
                    break;
                }
            }
        });
        Source::Ahead(receiver, Task(task))
    }
}

/// The task that fetches ahead. It ends with the stream.
struct Task(JoinHandle<()>);

impl Task {
    /// How it ended, once it sends no more: a list that was cut off must not pass for a complete
    /// one.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<Error>> {
        let Err(error) = ready!(Pin::new(&mut self.0).poll(cx)) else {
            return Poll::Ready(None);
        };
        if let Ok(panic) = error.try_into_panic() {
            resume_unwind(panic);
        }
        let detail = "the runtime that fetched the pages has ended";
        Poll::Ready(Some(Error::new(ErrorKind::Paging, "fetch pages", detail)))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<L> Stream for Pages<L>
where
    L: Paged + Send + Sync + Unpin + 'static,
    L::Item: Send + Unpin,
    L::Key: Send + Unpin,
{
    type Item = Result<L::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}
