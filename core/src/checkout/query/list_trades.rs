//! `GET /api/admin/trade` and `GET /api/admin/trade/{id}`: the trades of the installation (grade V).

use http::{Method, Request};

use super::answer::accepted;
use super::trade::Trade;
use crate::endpoint::{Endpoint, Replay};
use crate::error::{Error, ErrorKind};
use crate::json::{self, Object};
use crate::wire::{Api, Reply};

const LIST: &str = "list trades";
const SHOW: &str = "show trade";

/// Lists trades, the newest first. The server has no filter (grade V).
///
/// ```
/// use sanspay_core::checkout::query::ListTrades;
/// use sanspay_core::{Api, BaseUrl, Endpoint};
/// let api = Api::new(BaseUrl::new("https://pay.shop.example")?);
/// let request = ListTrades::newest(50).skip(100).request(&api)?;
/// assert_eq!(
///     request.uri().query(),
///     Some("_sort=id&_order=DESC&_start=100&_end=150")
/// );
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListTrades {
    skipped: u64,
    count: u64,
}

impl ListTrades {
    /// The newest `count` trades.
    pub fn newest(count: u64) -> Self {
        Self { skipped: 0, count }
    }

    /// Leaves out so many of the newest.
    #[must_use]
    pub fn skip(mut self, trades: u64) -> Self {
        self.skipped = trades;
        self
    }
}

impl Endpoint for ListTrades {
    type Output = Vec<Trade>;

    fn operation(&self) -> &str {
        LIST
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let wire = &api.wire().admin;
        let start = self.skipped.to_string();
        let end = self.skipped.saturating_add(self.count).to_string();
        let newest_first = wire.newest_first.iter();
        let mut query: Vec<_> = newest_first
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        query.extend([(wire.start.as_str(), &*start), (wire.end.as_str(), &*end)]);
        api.request(LIST, Method::GET, &wire.trades, &query, None)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Vec<Trade>, Error> {
        let body = accepted(reply)?;
        let trades = json::read::<Vec<Object<'_>>>(body)
            .and_then(|objects| objects.into_iter().map(Trade::from_object).collect());
        trades.map_err(|error| reply.unreadable(&error))
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }
}

/// Shows one trade by the number of its row, [`Trade::id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShowTrade {
    id: u64,
}

impl ShowTrade {
    /// The trade to show.
    pub fn new(id: u64) -> Self {
        Self { id }
    }
}

impl Endpoint for ShowTrade {
    type Output = Trade;

    fn operation(&self) -> &str {
        SHOW
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let route = &api.wire().admin.trade;
        let route = route.replace("{id}", &self.id.to_string());
        api.request(SHOW, Method::GET, &route, &[], None)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Trade, Error> {
        let body = accepted(reply)?;
        if body.trim_ascii().is_empty() {
            // The server's answer for a row that does not exist (grade V).
            let detail = "there is no trade with this id";
            return Err(reply.error(ErrorKind::NotFound, detail));
        }
        match json::read::<Object<'_>>(body).and_then(Trade::from_object) {
            Ok(trade) if trade.id() == self.id => Ok(trade),
            Ok(_) => {
                let detail = "the answer is about another trade";
                Err(reply.error(ErrorKind::Unreadable, detail))
            }
            Err(e) => Err(reply.unreadable(&e)),
        }
    }

    fn replay(&self) -> Replay {
        Replay::Safe
    }
}
