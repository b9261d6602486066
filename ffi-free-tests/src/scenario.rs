//! A scenario: how the world is set up, what the merchant does, and what has to come of it.

use std::time::Duration;

use http::Method;
use sanspay_core::Settings;
use sanspay_core::partner::ListPayments;
use sanspay_testkit::sandbox::{RecordKind, SandboxConfig};
use serde_json::Value;

use sanspay_testkit::world::Canned;

/// One scenario of the suite. It is data: the same for every driver.
#[derive(Debug, Clone)]
pub struct Scenario {
    name: &'static str,
    sandbox: fn(&mut SandboxConfig),
    settings: fn(&mut Settings),
    steps: Vec<Step>,
    expected: Vec<&'static str>,
}

/// One thing that the merchant, or somebody else, does.
#[derive(Debug, Clone)]
pub enum Step {
    /// The merchant calls an operation.
    Call(Call),
    /// The merchant calls an operation with a deadline of its own.
    CallWithin(Duration, Call),
    /// The merchant reads a list to its end.
    Pages(ListPayments),
    /// The merchant begins a list and gives it up while its first request is on its way; another
    /// call of the merchant waits meanwhile.
    Abandon,
    /// The merchant looks up the latest operation whose outcome is unknown.
    Resolve,
    /// The webhooks that are due arrive, and the merchant confirms each.
    Webhooks,
    /// So many requests for the path suffer this fault, after so many that pass.
    Fault {
        /// The text of the fault, such as `503 html`.
        fault: &'static str,
        /// The path; a `*` at its end stands for any rest.
        path: &'static str,
        /// How many requests pass before.
        skip: u32,
        /// How many requests suffer it.
        times: u32,
    },
    /// A request is answered in the sandbox's place.
    Canned(Canned),
    /// Time passes.
    Advance(Duration),
    /// The clock is turned back.
    TurnBack(Duration),
    /// The provider revokes every token.
    RevokeTokens,
    /// The payer pays the payment of this reference.
    Pay(&'static str),
    /// How often the provider executed the operation of this reference is noted.
    Executions(RecordKind, &'static str),
    /// A token is there already and the trace begins here.
    Warm,
}

impl Step {
    /// Whether somebody else than the merchant does it: payer, provider, network.
    pub(crate) fn is_of_others(&self) -> bool {
        match self {
            Self::Fault { .. }
            | Self::Canned(_)
            | Self::RevokeTokens
            | Self::Pay(_)
            | Self::Executions(..) => true,
            Self::Call(_)
            | Self::CallWithin(..)
            | Self::Pages(_)
            | Self::Abandon
            | Self::Resolve
            | Self::Webhooks
            | Self::Advance(_)
            | Self::TurnBack(_)
            | Self::Warm => false,
        }
    }
}

/// One call of an operation.
#[derive(Debug, Clone)]
pub enum Call {
    /// Fetch a token, as an operation of its own.
    Token,
    /// Create a payment of 10.00 USD with this reference.
    Payment(&'static str),
    /// Request a payout of 25.50 EUR with this reference.
    Payout(&'static str),
    /// One page of a list.
    List(ListPayments),
    /// Show a record, by its id or by the reference of one that was created before.
    Show(&'static str),
    /// Confirm a webhook with this body.
    Confirm(Vec<u8>),
    /// Look up a payout of this reference that was sent two minutes ago.
    LookUp(&'static str),
    /// Any operation; the answer is read as any JSON.
    Raw(Method, &'static str, Option<Value>),
}

impl Scenario {
    /// Begins a scenario; its name is a sentence that says what has to be so.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            sandbox: |_| (),
            settings: |_| (),
            steps: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// Begins a scenario in which a token is there already; it is not part of the trace.
    pub fn warm(name: &'static str) -> Self {
        Self::new(name).step(Step::Warm)
    }

    /// Changes the set-up of the sandbox.
    #[must_use]
    pub fn sandbox(mut self, change: fn(&mut SandboxConfig)) -> Self {
        self.sandbox = change;
        self
    }

    /// Changes the rules of the session.
    #[must_use]
    pub fn settings(mut self, change: fn(&mut Settings)) -> Self {
        self.settings = change;
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds a call.
    #[must_use]
    pub fn call(self, call: Call) -> Self {
        self.step(Step::Call(call))
    }

    /// Adds a fault that happens to the next request for the path.
    #[must_use]
    pub fn fault(self, fault: &'static str, path: &'static str) -> Self {
        self.faults(1, fault, path)
    }

    /// Adds a fault that happens to the next so many requests for the path.
    #[must_use]
    pub fn faults(self, times: u32, fault: &'static str, path: &'static str) -> Self {
        self.step(Step::Fault {
            fault,
            path,
            skip: 0,
            times,
        })
    }

    /// Adds an answer in the sandbox's place.
    #[must_use]
    pub fn canned(self, canned: Canned) -> Self {
        self.step(Step::Canned(canned))
    }

    /// The trace that has to come of it; see [`Trace::difference`](crate::Trace::difference).
    #[must_use]
    pub fn expect(mut self, lines: &[&'static str]) -> Self {
        self.expected = lines.to_vec();
        self
    }

    /// The sentence that says what has to be so.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What is done, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The lines of the trace that has to come of it.
    pub fn expected(&self) -> &[&'static str] {
        &self.expected
    }

    /// The sandbox that it is played with.
    pub fn sandbox_config(&self) -> SandboxConfig {
        let mut config = SandboxConfig::default();
        config.partner.webhook_url = Some(http::Uri::from_static("https://shop.example/hooks"));
        (self.sandbox)(&mut config);
        config
    }

    pub(crate) fn session_settings(&self) -> Settings {
        let mut settings = Settings::default();
        (self.settings)(&mut settings);
        settings
    }
}
