//! A thousand providers that nobody has thought of: a client and a sandbox of the same random
//! profile come to the results of the default.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use fastrand::Rng;
use sanspay_core::Wire;
use sanspay_core::partner::ListPayments;
use sanspay_core::profile::{LEAVES, LeafKind, LeafValue, Leaves, Profile};
use sanspay_ffi_free_tests::{Call, InMemory, Scenario, Step, run, run_spelled};
use sanspay_testkit::sandbox::RecordKind;

/// Create, show, list, page, look up, and a webhook.
fn play() -> Scenario {
    let list = || ListPayments::new().per_page(2);
    Scenario::new("everything once")
        .call(Call::Payment("order-1"))
        .call(Call::Payout("payout-1"))
        .call(Call::Payment("order-2"))
        .call(Call::Show("order-1"))
        .call(Call::Show("payout-1"))
        .step(Step::Fault {
            fault: "lost",
            path: "/partner/payouts",
            skip: 0,
            times: 1,
        })
        .call(Call::Payout("payout-2"))
        .step(Step::Advance(Duration::from_secs(120)))
        .step(Step::Resolve)
        .step(Step::Executions(RecordKind::Payout, "payout-2"))
        .step(Step::Pages(list()))
        .call(Call::List(list().reference("order-2")))
        .step(Step::Pay("order-1"))
        .step(Step::Webhooks)
        .call(Call::Show("order-1"))
        .call(Call::Payment("order-1"))
}

/// Draws a profile, leaf by leaf.
struct Draw {
    random: Rng,
    leaves: Leaves,
}

impl Draw {
    fn profile(seed: u64) -> Leaves {
        let mut draw = Self {
            random: Rng::with_seed(seed),
            leaves: Leaves::new(),
        };
        draw.forms();
        draw.places("record.", &["/A", "/A/B", "/C~1~0", "/E/0"]);
        draw.places("create_payment.send.", &["/A", "/A/B", "/C"]);
        draw.places("request_payout.send.", &["/A", "/A/B", "/C"]);
        draw.places("token.answer.", &["/A", "/A/B"]);
        draw.places("webhook.", &["/A", "/A/B"]);
        draw.places("error.", &["/A", "/A/B"]);
        draw.words();
        draw.routes();
        draw.query();
        draw.page();
        draw.leaves
    }

    fn set(&mut self, path: &str, value: LeafValue) {
        let told = format!("{path}: {value:?}");
        let said = self.leaves.set(path, value);
        said.unwrap_or_else(|refused| panic!("{told} {refused}"));
    }

    fn text(&mut self, path: &str, text: impl Into<String>) {
        self.set(path, LeafValue::Text(text.into()));
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }

    /// A word that no other number gives.
    fn word(&mut self, number: usize) -> String {
        let mut word = String::new();
        for _ in 0..=self.random.usize(..5) {
            word.push(['a', 'Z', '_', 'é', '-'][self.random.usize(..5)]);
        }
        format!("{word}{number}x")
    }

    fn forms(&mut self) {
        let money = [
            "decimal-string",
            "decimal-number",
            "minor-integer",
            "minor-string",
        ];
        let form = self.pick(&money);
        self.text("money.form", form);
        let form = self.pick(&["rfc3339", "unix-seconds", "unix-millis"]);
        self.text("time.form", form);
        let form = self.pick(&["json", "form"]);
        self.text("token.body", form);
        let parents: &[&str] = if form == "form" { &[] } else { &["/A", "/A/B"] };
        self.places("token.send.", parents);
        let constants = vec![("/constant".to_owned(), "\"yes\"".to_owned())];
        self.set("token.constants", LeafValue::Table(constants.clone()));
        self.set("create_payment.constants", LeafValue::Table(constants));
        for at in ["record.at", "token.at"] {
            let place = self.pick(&["", "/data", "/result/one"]);
            self.text(at, place);
        }
        self.text("headers.idempotency_key", "x-once");
        self.text("headers.request_id", "x-trace");
    }

    fn places(&mut self, group: &str, parents: &[&str]) {
        let of_group = LEAVES.iter().filter(|leaf| leaf.path().starts_with(group));
        for (number, leaf) in of_group.enumerate() {
            if leaf.kind() == LeafKind::Places {
                continue;
            }
            let nested = !parents.is_empty() && self.random.bool();
            let parent = if nested { self.pick(parents) } else { "" };
            let name = self.word(number);
            self.text(leaf.path(), format!("{parent}/{name}"));
        }
    }

    fn words(&mut self) {
        for group in ["status.", "type.", "event."] {
            let of_group = LEAVES.iter().filter(|leaf| leaf.path().starts_with(group));
            for (number, leaf) in of_group.enumerate() {
                let several = 1 + self.random.usize(..3);
                // A type is asked for, so it has one word.
                let several = if group == "type." { 1 } else { several };
                let words = (0..several).map(|n| self.word(10 * number + n)).collect();
                self.set(leaf.path(), LeafValue::Texts(words));
            }
        }
    }

    fn routes(&mut self) {
        for (number, path) in [
            "token.route",
            "create_payment.route",
            "request_payout.route",
            "list.route",
        ]
        .into_iter()
        .enumerate()
        {
            self.text(path, format!("/v{number}/things"));
        }
        self.text("show.route", "/v9/{uuid}/thing");
    }

    fn query(&mut self) {
        for (number, leaf) in LEAVES.iter().enumerate() {
            if leaf.path().starts_with("list.query.") {
                let name = format!("q[{number}]");
                self.text(leaf.path(), name);
            }
        }
        self.text("page.size", "how_many");
        let item = self.pick(&["", "/one", "/one/of"]);
        self.text("list.item", item);
    }

    /// Each way to page says in some way where the list ends.
    fn page(&mut self) {
        let items = self.pick(&["/rows", "/result/rows"]);
        self.text("page.items", items);
        match self.random.u8(..5) {
            0 => {
                self.text("page.offset", "skip");
                self.text("page.total", "/count");
            }
            1 => {
                self.text("page.cursor", "after");
                self.set("page.number", LeafValue::No);
                self.text("page.next_cursor", "/result/mark");
            }
            2 => {
                self.text("page.cursor", "after");
                self.set("page.number", LeafValue::No);
                self.text("page.next_link", "/more/there");
            }
            3 => {
                self.set("page.first", LeafValue::Number(0));
                self.text("page.number", "p");
                self.set("page.cursor", LeafValue::No);
                self.text("page.current", "/at/p");
                self.text("page.last", "/at/last");
            }
            _ => {
                self.text("page.number", "p");
                self.text("page.more", "/at/more");
                self.text("page.total", "/at/count");
            }
        }
    }
}

#[test]
fn a_thousand_random_profiles_come_to_the_results_of_the_default() {
    let scenario = play();
    let expected = run(&InMemory, &scenario);
    assert!(expected.lines().len() > 30, "{expected}");
    for seed in 0..1_000 {
        let leaves = Draw::profile(seed);
        let profile = Profile::new(leaves.clone());
        let profile = profile.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let mut wire = Wire::from(profile);
        wire.settle = Wire::default().settle;
        let trace = run_spelled(&InMemory, &scenario, &wire);
        let difference = trace.difference(&expected.lines());
        assert!(
            difference.is_none(),
            "seed {seed}: {}\n{leaves:#?}",
            difference.unwrap_or_default()
        );
    }
}
