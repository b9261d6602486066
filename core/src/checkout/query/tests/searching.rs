//! The search never misses a trade that is there, and always ends.

use proptest::prelude::*;
use serde_json::json;

use super::{answer, api};
use crate::Timestamp;
use crate::checkout::query::{ListTrades, Trade, TradeSearch};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};

const NOON: i64 = 1_800_000_000;

/// A trade's number from its time and a tail that tells it from others.
fn number(time: i64, tail: usize) -> String {
    let mut text = Timestamp::from_unix_seconds(time).unwrap().to_string();
    text.retain(|sign| sign.is_ascii_digit());
    format!("{text}{tail:08}")
}

/// An installation: the numbers of its trades, the oldest first; their ids rise from 1.
struct Installation {
    numbers: Vec<String>,
    /// The most trades that it gives at a time.
    most: usize,
}

impl Installation {
    fn page(&self, list: ListTrades) -> Vec<Trade> {
        let request = list.request(&api()).unwrap();
        let query = request.uri().query().unwrap();
        let value = |name: &str| -> usize {
            let part = query.split('&').find_map(|pair| pair.strip_prefix(name));
            part.unwrap().parse().unwrap()
        };
        let (start, end) = (value("_start="), value("_end="));
        let newest = self.numbers.iter().enumerate().rev();
        let page = newest.skip(start).take((end - start).min(self.most));
        let rows: Vec<_> = page
            .map(|(place, number)| json!({"id": place + 1, "trade_no": number}))
            .collect();
        read(&json!(rows).to_string())
    }

    fn find(&mut self, number: &str, newcomers: &[usize]) -> (Result<Option<Trade>, Error>, usize) {
        let mut search = TradeSearch::new(number);
        let mut pages = 0;
        while let Some(list) = search.next() {
            if let Err(error) = search.accept(self.page(list)) {
                return (Err(error), pages);
            }
            // The world goes on between two pages.
            for _ in 0..newcomers.get(pages).copied().unwrap_or_default() {
                let place = self.numbers.len();
                self.numbers
                    .push(super::searching::number(NOON + 10_000_000, place));
            }
            pages += 1;
        }
        (search.finish(), pages)
    }
}

fn read(rows: &str) -> Vec<Trade> {
    ListTrades::newest(1)
        .read(&api(), &answer(200, rows))
        .unwrap()
}

/// One trade a minute; the last one at noon.
fn a_trade_a_minute(count: usize) -> Installation {
    let numbers = (0..count)
        .map(|place: usize| {
            let minutes = i64::try_from(count - 1 - place).unwrap();
            number(NOON - 60 * minutes, place)
        })
        .collect();
    Installation { numbers, most: 100 }
}

fn accept(pages: &[&str]) -> Result<Option<Trade>, Error> {
    let mut search = TradeSearch::new(number(NOON, 7));
    for page in pages {
        search.accept(read(page))?;
    }
    search.finish()
}

#[test]
fn a_trade_is_found_on_whatever_page_it_is() {
    let mut installation = a_trade_a_minute(1000);
    for place in [999, 900, 899, 500, 0] {
        let wanted = installation.numbers[place].clone();
        let (found, pages) = installation.find(&wanted, &[]);
        assert_eq!(found.unwrap().unwrap().trade_no(), Some(&*wanted));
        assert_eq!(pages, (999 - place) / 100 + 1);
    }
}

#[test]
fn the_search_stops_once_a_page_is_older_by_more_than_two_hours() {
    let mut installation = a_trade_a_minute(1000);
    // As new as the newest: the pages that begin 0 and 100 minutes before noon may still hold it,
    // and every trade of the one after that is too old.
    let (absent, pages) = installation.find(&number(NOON, 99_999_999), &[]);
    assert_eq!((absent.unwrap(), pages), (None, 3));
    // A number without a time is looked for to the end.
    let (absent, pages) = installation.find("T-1", &[]);
    assert_eq!((absent.unwrap(), pages), (None, 11));
}

#[test]
fn one_trade_with_a_wrong_time_does_not_end_the_search() {
    let mut installation = a_trade_a_minute(300);
    installation.numbers[299] = number(0, 1);
    installation.numbers[250] = "no time at all".into();
    let wanted = installation.numbers[199].clone();
    let (found, _) = installation.find(&wanted, &[]);
    assert_eq!(found.unwrap().unwrap().trade_no(), Some(&*wanted));
}

#[test]
fn an_autumn_night_in_which_the_hour_from_two_to_three_comes_twice_hides_nothing() {
    let mut installation = a_trade_a_minute(400);
    for (place, kept) in installation.numbers.iter_mut().enumerate().skip(200) {
        let minutes = i64::try_from(399 - place).unwrap();
        *kept = number(NOON - 60 * minutes - 3600, place);
    }
    for place in 100..400 {
        let wanted = installation.numbers[place].clone();
        let (found, _) = installation.find(&wanted, &[]);
        assert!(found.unwrap().is_some(), "{place}");
    }
}

#[test]
fn a_server_that_cannot_be_read_to_the_end_is_an_error_and_never_absence() {
    let kinds = [
        // The same page again, for a server that ignores where it is to begin.
        accept(&[r#"[{"id":9}]"#, r#"[{"id":9}]"#]),
        // The oldest first, for one that ignores the order.
        accept(&[r#"[{"id":1},{"id":2}]"#]),
        // Another order on the second page.
        accept(&[r#"[{"id":9},{"id":8}]"#, r#"[{"id":6},{"id":7}]"#]),
    ];
    for result in kinds {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Paging);
    }
    let mut search = TradeSearch::new("x").limit(2);
    let reached = search.accept(read(r#"[{"id":9},{"id":8}]"#));
    assert_eq!(reached.unwrap_err().kind(), ErrorKind::Paging);
    assert!(search.next().is_none());
    assert_eq!(search.finish().unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn a_search_that_is_not_over_knows_nothing_and_one_that_is_takes_no_page() {
    let search = TradeSearch::new("x");
    assert_eq!(search.finish().unwrap_err().kind(), ErrorKind::Misuse);
    let mut search = TradeSearch::new("x");
    search.accept(Vec::new()).unwrap();
    assert_eq!(
        search.accept(Vec::new()).unwrap_err().kind(),
        ErrorKind::Misuse
    );
    assert_eq!(search.finish().unwrap(), None);
}

proptest! {
    /// Trades at random times, out of order by up to an hour, on a server that gives as many at a
    /// time as it likes and has new ones between two pages.
    #[test]
    fn what_is_there_is_found_or_the_search_fails_and_it_always_ends(
        steps in proptest::collection::vec((0i64..4000, 0i64..=3600), 1..400),
        most in 1usize..150,
        newcomers in proptest::collection::vec(0usize..40, 0..12),
        wanted in any::<proptest::sample::Index>(),
    ) {
        let mut time = NOON;
        let numbers: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(place, (step, late))| {
                time += step;
                number(time - late, place)
            })
            .collect();
        let wanted = numbers[wanted.index(numbers.len())].clone();
        let mut installation = Installation { numbers, most };
        let (found, pages) = installation.find(&wanted, &newcomers);
        // It fails only where a whole page was pushed down before the next one was asked for.
        let pushed = newcomers.iter().any(|new| *new >= most);
        match found {
            Ok(trade) => prop_assert_eq!(trade.as_ref().and_then(Trade::trade_no), Some(&*wanted)),
            Err(error) => {
                prop_assert!(pushed, "{}", error);
                prop_assert_eq!(error.kind(), ErrorKind::Paging);
            }
        }
        prop_assert!(pages <= steps.len() + newcomers.iter().sum::<usize>() + 1);
    }

    #[test]
    fn what_is_not_there_is_never_found_and_it_always_ends(
        count in 0usize..600,
        most in 1usize..150,
        away in 0i64..60_000,
    ) {
        let mut installation = if count == 0 {
            Installation { numbers: Vec::new(), most }
        } else {
            Installation { most, ..a_trade_a_minute(count) }
        };
        let (found, pages) = installation.find(&number(NOON - away, 99_999_999), &[]);
        prop_assert_eq!(found.unwrap(), None);
        prop_assert!(pages <= count + 1);
    }
}
