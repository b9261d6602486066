//! Finds a trade by its number in a list that has no filter.

use super::list_trades::ListTrades;
use super::trade::Trade;
use crate::error::{Error, ErrorKind};
use crate::timestamp::Timestamp;

const OPERATION: &str = "find trade";

/// How many trades are asked for at a time.
const PAGE: u64 = 100;

/// How many of the newest trades are looked through before the search gives up with an error.
const LIMIT: u64 = 10_000;

/// By how many seconds the time in a number may be out of order with the ids: the clock of the
/// server may be set, and in autumn its local time goes back by an hour.
const TOLERANCE: i64 = 2 * 60 * 60;

/// Looks for a trade by its number, the newest first, page by page and without IO.
///
/// [`next`](TradeSearch::next) is the page to fetch, [`accept`](TradeSearch::accept) takes what was
/// fetched. It ends when the trade is found, when a whole page is more than two hours older than the
/// time at the beginning of the number, or with an empty page. The next page begins behind as many
/// trades as came, so that a server which gives fewer than were asked for loses none; one that gives
/// another order, or the same trades again, ends the search with an error and never with *absent*.
///
/// ```
/// use sanspay_core::checkout::query::TradeSearch;
/// use sanspay_core::{Api, BaseUrl, Endpoint};
/// let api = Api::new(BaseUrl::new("https://pay.shop.example")?);
/// let mut search = TradeSearch::new("2026112522213977664160");
/// while let Some(list) = search.next() {
///     let _request = list.request(&api)?; // send it
///     let answer = br#"[{"id":7,"trade_no":"2026112522213977664160","total_amount":"10.00"}]"#;
///     search.accept(list.read(&api, &http::Response::new(&answer[..]))?)?;
/// }
/// assert_eq!(search.finish()?.map(|trade| trade.id()), Some(7));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TradeSearch {
    trade_no: String,
    /// What the number says of the time, in seconds, if it does.
    made: Option<i64>,
    limit: u64,
    read: u64,
    /// The lowest id that was seen.
    lowest: Option<u64>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Reading,
    Found(Trade),
    Absent,
    Failed,
}

impl TradeSearch {
    /// Looks for the trade of this number among the newest 10,000.
    pub fn new(trade_no: impl Into<String>) -> Self {
        let trade_no = trade_no.into();
        Self {
            made: made_at(&trade_no),
            trade_no,
            limit: LIMIT,
            read: 0,
            lowest: None,
            state: State::Reading,
        }
    }

    /// Looks through so many of the newest trades at most.
    #[must_use]
    pub fn limit(mut self, trades: u64) -> Self {
        self.limit = trades;
        self
    }

    /// The page to fetch next; `None` when the search has ended.
    pub fn next(&self) -> Option<ListTrades> {
        let reading = matches!(self.state, State::Reading);
        reading.then(|| ListTrades::newest(PAGE).skip(self.read))
    }

    /// Takes the page that [`next`](TradeSearch::next) asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Paging`] when the pages contradict each other or the limit is reached, and
    /// [`ErrorKind::Misuse`] when the search had ended. Nothing is known about the trade then.
    pub fn accept(&mut self, page: Vec<Trade>) -> Result<(), Error> {
        if !matches!(self.state, State::Reading) {
            let detail = "a page was given to a search that has ended";
            return Err(Error::new(ErrorKind::Misuse, OPERATION, detail));
        }
        self.state = State::Failed;
        self.state = self.after(page).map_err(|detail| {
            let kind = ErrorKind::Paging;
            Error::new(kind, OPERATION, detail)
        })?;
        Ok(())
    }

    fn after(&mut self, page: Vec<Trade>) -> Result<State, &'static str> {
        let Some(last) = page.last().map(Trade::id) else {
            return Ok(State::Absent);
        };
        let passed = self.is_behind(&page);
        let falling = page.windows(2).all(|pair| match pair {
            [newer, older] => newer.id() > older.id(),
            _ => true,
        });
        let (length, wanted) = (page.len() as u64, self.trade_no.as_str());
        let mut trades = page.into_iter();
        if let Some(trade) = trades.find(|trade| trade.trade_no() == Some(wanted)) {
            return Ok(State::Found(trade));
        }
        if !falling {
            return Err("the trades are not listed with the newest first");
        }
        if self.lowest.is_some_and(|lowest| lowest <= last) {
            return Err("the same trades came for two pages");
        }
        if passed {
            return Ok(State::Absent);
        }
        self.lowest = Some(last);
        self.read = self.read.saturating_add(length);
        if self.read >= self.limit {
            return Err(
                "the trade is not among the newest ones, and older ones were not looked at",
            );
        }
        Ok(State::Reading)
    }

    /// Whether every trade of the page is older than the one that is looked for. One alone does not
    /// tell: its clock may have been wrong.
    fn is_behind(&self, page: &[Trade]) -> bool {
        let Some(made) = self.made else { return false };
        let mut times = page.iter().map(|trade| trade.trade_no().and_then(made_at));
        times.all(|time| time.is_some_and(|time| time < made - TOLERANCE))
    }

    /// The trade; `None` where there is none of this number.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when the search has not ended or has failed.
    pub fn finish(self) -> Result<Option<Trade>, Error> {
        match self.state {
            State::Found(trade) => Ok(Some(trade)),
            State::Absent => Ok(None),
            State::Reading | State::Failed => {
                let detail = "the search has not come to an end";
                Err(Error::new(ErrorKind::Misuse, OPERATION, detail))
            }
        }
    }
}

/// The time at the beginning of a number, `YmdHis`, in seconds. Its time zone is the server's
/// (grade V), so it can only be compared with others of the same server.
fn made_at(trade_no: &str) -> Option<i64> {
    let digits = trade_no.get(..14)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let time: Timestamp = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")
        .parse()
        .ok()?;
    Some(time.unix_seconds())
}
