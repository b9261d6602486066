//! The network between a merchant and the providers, and the proxies in it.

use std::time::Duration;

use super::chance::Chance;

/// What goes wrong with one message and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    NotConnected,
    RequestLost,
    AnswerLost,
    RequestDelayed,
    AnswerDelayed,
    Duplicated,
    Reordered,
    AnswerCut,
    AnswerTruncated,
    RequestCut,
    RequestCorrupted,
    AnswerCorrupted,
    ProxyHtml,
    ProxyHtmlExecuted,
    Unauthorized,
    RateLimited,
    ServerError,
    ServerErrorExecuted,
    Slow,
    AnsweredByAnybody,
    AnswerReplaced,
    TlsBroken,
    TlsBrokenExecuted,
    EchoDiffers,
    PagedOddly,
}

impl Fault {
    /// What it is called in the summary and in stories.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotConnected => "not connected",
            Self::RequestLost => "request lost",
            Self::AnswerLost => "answer lost",
            Self::RequestDelayed => "request delayed",
            Self::AnswerDelayed => "answer delayed",
            Self::Duplicated => "duplicated",
            Self::Reordered => "reordered",
            Self::AnswerCut => "answer cut in the middle",
            Self::AnswerTruncated => "answer truncated unnoticed",
            Self::RequestCut => "request cut in the middle",
            Self::RequestCorrupted => "request corrupted",
            Self::AnswerCorrupted => "answer corrupted",
            Self::ProxyHtml => "proxy HTML instead",
            Self::ProxyHtmlExecuted => "proxy HTML, executed",
            Self::Unauthorized => "401",
            Self::RateLimited => "429",
            Self::ServerError => "5xx",
            Self::ServerErrorExecuted => "5xx, executed",
            Self::Slow => "provider slow",
            Self::AnsweredByAnybody => "anybody's answer",
            Self::AnswerReplaced => "anybody's answer, executed",
            Self::TlsBroken => "TLS broken",
            Self::TlsBrokenExecuted => "TLS broken, executed",
            Self::EchoDiffers => "echo differs",
            Self::PagedOddly => "paged in an unknown way",
        }
    }
}

/// How one message fares.
pub(super) struct Fate {
    pub(super) fault: Option<Fault>,
    /// From the sender to the provider's answering.
    pub(super) there: Duration,
    /// From the provider to the sender.
    pub(super) back: Duration,
    /// How long after the sending the sender learns of a broken connection; with `None` never.
    pub(super) breaks: Option<Duration>,
    /// For whatever else there is to draw.
    pub(super) chance: Chance,
}

/// The longest that a request is on its way: less than the time after which a record that is not
/// listed counts as absent (`Wire::settle`, 60 s), with the jumps of a clock in between.
const LONGEST: u64 = 30_000;

impl Fate {
    /// Draws the fate of the request of this name.
    pub(super) fn of_request(seed: u64, name: &str, rate: u32) -> Self {
        use Fault as F;
        const FAULTS: [(u32, Fault); 25] = [
            (3, F::NotConnected),
            (4, F::RequestLost),
            (6, F::AnswerLost),
            (3, F::RequestDelayed),
            (3, F::AnswerDelayed),
            (3, F::Duplicated),
            (4, F::Reordered),
            (2, F::AnswerCut),
            (2, F::AnswerTruncated),
            (1, F::RequestCut),
            (1, F::RequestCorrupted),
            (2, F::AnswerCorrupted),
            (1, F::ProxyHtml),
            (1, F::ProxyHtmlExecuted),
            (3, F::Unauthorized),
            (2, F::RateLimited),
            (2, F::ServerError),
            (2, F::ServerErrorExecuted),
            (2, F::Slow),
            (3, F::AnsweredByAnybody),
            (4, F::AnswerReplaced),
            (1, F::TlsBroken),
            (2, F::TlsBrokenExecuted),
            (4, F::EchoDiffers),
            (3, F::PagedOddly),
        ];
        Self::draw(seed, name, rate, &FAULTS)
    }

    /// Draws the fate of the webhook or notification of this name.
    pub(super) fn of_delivery(seed: u64, name: &str, rate: u32) -> Self {
        use Fault as F;
        const FAULTS: [(u32, Fault); 11] = [
            (3, F::NotConnected),
            (3, F::RequestLost),
            (4, F::AnswerLost),
            (3, F::RequestDelayed),
            (2, F::AnswerDelayed),
            (4, F::Duplicated),
            (3, F::Reordered),
            (1, F::RequestCut),
            (2, F::RequestCorrupted),
            (1, F::ProxyHtml),
            (2, F::ProxyHtmlExecuted),
        ];
        Self::draw(seed, name, rate, &FAULTS)
    }

    fn draw(seed: u64, name: &str, rate: u32, faults: &[(u32, Fault)]) -> Self {
        let mut chance = Chance::new(seed, name);
        let happens = chance.per_mille(rate);
        let fault = chance.weighted(faults, Fault::AnswerLost);
        let mut fate = Self {
            fault: happens.then_some(fault),
            there: chance.between(2, 60),
            back: chance.between(2, 60),
            breaks: None,
            chance,
        };
        fate.apply();
        fate
    }

    /// The same message without its fault.
    pub(super) fn calm(&mut self) {
        self.fault = None;
        self.there = Duration::from_millis(20);
        self.back = Duration::from_millis(20);
        self.breaks = None;
    }

    fn apply(&mut self) {
        match self.fault {
            Some(Fault::RequestLost | Fault::AnswerLost) => {
                let noticed = self.chance.per_mille(600);
                self.breaks = noticed.then(|| self.chance.between(100, 8_000));
            }
            Some(Fault::RequestDelayed | Fault::Slow) => {
                self.there = self.chance.between(1_000, LONGEST);
                // The sender may learn of a broken connection while the request goes on.
                let noticed = self.chance.per_mille(400);
                self.breaks = noticed.then(|| self.chance.between(100, 8_000));
            }
            Some(Fault::AnswerDelayed) => self.back = self.chance.between(1_000, LONGEST),
            Some(Fault::Reordered) => {
                self.there = self.chance.between(2, 3_000);
                self.back = self.chance.between(2, 3_000);
            }
            _ => {}
        }
    }
}

/// Overwrites a few bytes with what no JSON and no form may hold.
pub(super) fn corrupt(bytes: &mut [u8], chance: &mut Chance) {
    for _ in 0..3 {
        let place = chance.below(bytes.len());
        if let Some(byte) = bytes.get_mut(place) {
            *byte = 0x01;
        }
    }
}
