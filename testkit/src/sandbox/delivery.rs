//! Webhooks and notifications on their way: what is due, what is under way, what is tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Request, Response};

use super::clock::later;

/// Names one attempt to deliver one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    message: u64,
    attempt: u32,
}

impl DeliveryId {
    /// The message, the same for each of its attempts; copies of a webhook count as messages.
    pub fn message(&self) -> u64 {
        self.message
    }

    /// Which attempt this is, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// One request that a provider makes of the merchant now.
///
/// `Debug` leaves the request out: it holds signed fields and customer data.
#[derive(Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// To be handed back with the answer, see [`Sandbox::delivered`](super::Sandbox::delivered).
    pub id: DeliveryId,
    /// What to send.
    pub request: Request<Vec<u8>>,
    /// How long the provider waits for the answer; after that it counts as none.
    pub timeout: Duration,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// How often and how fast a message is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempts {
    /// The most attempts in all, the first one included.
    pub limit: u32,
    /// How long one attempt waits for its answer.
    pub timeout: Duration,
    /// The wait before the second attempt; it doubles from each attempt to the next.
    pub first_wait: Duration,
}

impl Attempts {
    /// `limit` attempts, each waiting `timeout`, the second one after `first_wait`.
    pub fn new(limit: u32, timeout: Duration, first_wait: Duration) -> Self {
        Self {
            limit,
            timeout,
            first_wait,
        }
    }

    fn wait_after(&self, attempt: u32) -> Duration {
        let doubled = 2u32.saturating_pow(attempt.saturating_sub(1));
        self.first_wait.saturating_mul(doubled)
    }
}

/// Which answers count as received.
#[derive(Clone, Copy)]
pub(super) enum Receipt {
    /// Any 2xx.
    Success,
    /// Exactly these bytes, whatever the status.
    Body(&'static [u8]),
}

impl Receipt {
    fn accepts(self, answer: &Response<Vec<u8>>) -> bool {
        match self {
            Self::Success => answer.status().is_success(),
            Self::Body(bytes) => answer.body() == bytes,
        }
    }
}

#[derive(Clone)]
struct Message {
    request: Request<Vec<u8>>,
    receipt: Receipt,
    attempts: Attempts,
    /// The attempt under way, or the last one.
    attempt: u32,
    /// When it is due, or under way when it counts as unanswered.
    at: SystemTime,
}

/// Every message that is neither received nor given up.
#[derive(Clone, Default)]
pub(super) struct Outbox {
    last: u64,
    messages: BTreeMap<u64, Message>,
    waiting: BTreeSet<(SystemTime, u64)>,
    under_way: BTreeSet<(SystemTime, u64)>,
    given_up: u64,
    held: bool,
}

impl Outbox {
    /// Hands out nothing while it holds.
    pub(super) fn hold(&mut self, held: bool) {
        self.held = held;
    }

    pub(super) fn post(
        &mut self,
        request: Request<Vec<u8>>,
        receipt: Receipt,
        attempts: Attempts,
        due: SystemTime,
    ) {
        if attempts.limit == 0 {
            return;
        }
        self.last = self.last.saturating_add(1);
        let message = Message {
            request,
            receipt,
            attempts,
            attempt: 0,
            at: due,
        };
        self.messages.insert(self.last, message);
        self.waiting.insert((due, self.last));
    }

    pub(super) fn due(&mut self, now: SystemTime) -> Vec<Delivery> {
        while let Some(&(deadline, id)) = self.under_way.first().filter(|(at, _)| *at <= now) {
            self.under_way.remove(&(deadline, id));
            self.failed(id, deadline);
        }
        let mut due = Vec::new();
        if self.held {
            return due;
        }
        while let Some(&(at, id)) = self.waiting.first().filter(|(at, _)| *at <= now) {
            self.waiting.remove(&(at, id));
            if let Some(message) = self.messages.get_mut(&id) {
                message.attempt = message.attempt.saturating_add(1);
                message.at = later(now, message.attempts.timeout);
                self.under_way.insert((message.at, id));
                due.push(Delivery {
                    id: DeliveryId {
                        message: id,
                        attempt: message.attempt,
                    },
                    request: message.request.clone(),
                    timeout: message.attempts.timeout,
                });
            }
        }
        due
    }

    pub(super) fn delivered(
        &mut self,
        id: DeliveryId,
        now: SystemTime,
        answer: Option<&Response<Vec<u8>>>,
    ) {
        let Some(message) = self.messages.get(&id.message) else {
            return;
        };
        let current = message.attempt == id.attempt;
        if !current || !self.under_way.remove(&(message.at, id.message)) {
            return;
        }
        let in_time = now <= message.at;
        if in_time && answer.is_some_and(|answer| message.receipt.accepts(answer)) {
            self.messages.remove(&id.message);
        } else {
            let at = now.min(message.at);
            self.failed(id.message, at);
        }
    }

    /// Ends a message whose attempt is under way; `false` when that attempt is over.
    pub(super) fn give_up(&mut self, id: DeliveryId) -> bool {
        let message = self.messages.get(&id.message);
        let Some(message) = message.filter(|message| message.attempt == id.attempt) else {
            return false;
        };
        if !self.under_way.remove(&(message.at, id.message)) {
            return false;
        }
        self.messages.remove(&id.message);
        self.given_up = self.given_up.saturating_add(1);
        true
    }

    /// The current attempt failed at `at`: wait for the next one, or give up.
    fn failed(&mut self, id: u64, at: SystemTime) {
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        if message.attempt >= message.attempts.limit {
            self.messages.remove(&id);
            self.given_up = self.given_up.saturating_add(1);
            return;
        }
        message.at = later(at, message.attempts.wait_after(message.attempt));
        self.waiting.insert((message.at, id));
    }

    pub(super) fn next_due(&self) -> Option<SystemTime> {
        let first = |set: &BTreeSet<(SystemTime, u64)>| set.first().map(|(at, _)| *at);
        let waiting = first(&self.waiting).filter(|_| !self.held);
        [waiting, first(&self.under_way)]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn pending(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn given_up(&self) -> u64 {
        self.given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn outbox(receipt: Receipt, attempts: Attempts) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.post(Request::new(Vec::new()), receipt, attempts, NOW);
        outbox
    }

    fn answer(status: u16, body: &[u8]) -> Response<Vec<u8>> {
        let mut answer = Response::new(body.to_vec());
        *answer.status_mut() = status.try_into().unwrap();
        answer
    }

    #[test]
    fn a_refused_message_returns_after_waits_that_double_until_the_limit() {
        let mut outbox = outbox(Receipt::Success, Attempts::new(4, seconds(10), seconds(60)));
        let (mut now, mut waits) = (NOW, Vec::new());
        while let Some(next) = outbox.next_due() {
            waits.push(next.duration_since(now).unwrap().as_secs());
            now = next;
            let sent = outbox.due(now);
            assert_eq!(sent.len(), 1);
            outbox.delivered(sent[0].id, now, Some(&answer(500, b"")));
        }
        assert_eq!(waits, [0, 60, 120, 240]);
        assert_eq!((outbox.pending(), outbox.given_up()), (0, 1));
    }

    #[test]
    fn an_attempt_without_any_report_counts_as_unanswered_at_its_timeout() {
        let mut outbox = outbox(Receipt::Success, Attempts::new(2, seconds(5), seconds(1)));
        let first = outbox.due(NOW);
        assert!(outbox.due(NOW + seconds(4)).is_empty());
        assert_eq!(outbox.next_due(), Some(NOW + seconds(5)));
        assert!(outbox.due(NOW + seconds(5)).is_empty());
        let second = outbox.due(NOW + seconds(6));
        assert_eq!(second[0].id.attempt(), 2);
        outbox.delivered(first[0].id, NOW + seconds(6), Some(&answer(200, b"")));
        assert_eq!(
            outbox.pending(),
            1,
            "a report on an old attempt is no receipt"
        );
        outbox.delivered(second[0].id, NOW + seconds(7), Some(&answer(204, b"")));
        outbox.delivered(second[0].id, NOW + seconds(7), None);
        assert_eq!((outbox.pending(), outbox.given_up()), (0, 0));
    }

    #[test]
    fn a_message_that_is_given_up_is_not_tried_again() {
        let mut outbox = outbox(Receipt::Success, Attempts::new(4, seconds(10), seconds(60)));
        let id = outbox.due(NOW)[0].id;
        assert!(outbox.give_up(id));
        assert!(!outbox.give_up(id), "it is over");
        assert_eq!((outbox.pending(), outbox.given_up()), (0, 1));
        assert_eq!(outbox.next_due(), None);
    }

    #[test]
    fn what_is_held_is_neither_handed_out_nor_lost() {
        let mut outbox = outbox(Receipt::Success, Attempts::new(2, seconds(5), seconds(1)));
        outbox.hold(true);
        assert!(outbox.due(NOW + seconds(60)).is_empty());
        assert_eq!((outbox.next_due(), outbox.pending()), (None, 1));
        outbox.hold(false);
        assert_eq!(outbox.next_due(), Some(NOW));
        assert_eq!(outbox.due(NOW + seconds(60))[0].id.attempt(), 1);
    }

    #[test]
    fn a_literal_receipt_takes_exactly_its_bytes() {
        let attempts = Attempts::new(1, seconds(5), Duration::ZERO);
        for (body, received) in [
            (&b"succeed"[..], true),
            (b"succeed\n", false),
            (b"SUCCEED", false),
            (b"", false),
        ] {
            let mut outbox = outbox(Receipt::Body(b"succeed"), attempts);
            let sent = outbox.due(NOW);
            outbox.delivered(sent[0].id, NOW, Some(&answer(200, body)));
            assert_eq!(outbox.given_up() == 0, received);
        }
    }

    proptest! {
        #[test]
        fn no_message_is_tried_more_often_than_its_limit(
            limit in 1u32..20,
            steps in proptest::collection::vec((0u64..400, any::<bool>()), 0..200),
        ) {
            let mut outbox = outbox(Receipt::Success, Attempts::new(limit, seconds(5), seconds(60)));
            let (mut now, mut tried) = (NOW, 0);
            for (wait, report) in steps {
                now += seconds(wait);
                for delivery in outbox.due(now) {
                    tried += 1;
                    prop_assert_eq!(delivery.id.attempt(), tried);
                    if report {
                        outbox.delivered(delivery.id, now, None);
                    }
                }
            }
            prop_assert!(tried <= limit);
        }
    }
}
