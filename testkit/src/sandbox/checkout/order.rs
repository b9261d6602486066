//! One order of the checkout provider: its status and what is signed about it.

use http::Uri;

/// What a payer may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Ability {
    Checkout,
    Subscribe,
}

/// Where an order is; all the states that the real server knows (grade V).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStatus {
    /// Nothing has happened yet.
    Created,
    /// A one-off payment was made.
    CheckoutSucceed,
    /// A one-off payment was declined.
    CheckoutFail,
    /// A subscription waits for the payer to be reminded.
    SubscriptionWaitRemind,
    /// A subscription waits for its next charge.
    SubscriptionWaitCharge,
    /// A subscription was charged.
    SubscriptionChargeSucceed,
    /// The charge of a subscription was declined.
    SubscriptionChargeFail,
    /// It is over.
    Closed,
}

impl OrderStatus {
    /// The status as the provider writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::CheckoutSucceed => "CHECKOUT_SUCCEED",
            Self::CheckoutFail => "CHECKOUT_FAIL",
            Self::SubscriptionWaitRemind => "SUBSCRIPTION_WAIT_REMIND",
            Self::SubscriptionWaitCharge => "SUBSCRIPTION_WAIT_CHARGE",
            Self::SubscriptionChargeSucceed => "SUBSCRIPTION_CHARGE_SUCCEED",
            Self::SubscriptionChargeFail => "SUBSCRIPTION_CHARGE_FAIL",
            Self::Closed => "CLOSED",
        }
    }
}

/// One order.
#[derive(Clone)]
pub(in crate::sandbox) struct Order {
    pub(super) app_id: String,
    pub(super) trade_no: String,
    pub(super) out_trade_no: Option<String>,
    pub(super) channel_id: String,
    pub(super) status: OrderStatus,
    /// Amount and currency as the merchant gave them.
    pub(super) once: Option<(String, String)>,
    /// Amount and currency of a subscription: of its first charge, or of each regular one.
    pub(super) often: Option<(String, String)>,
    pub(super) abilities: Vec<Ability>,
    /// What the payer chose last.
    pub(super) ability: Ability,
    pub(super) production: bool,
    pub(super) subject: String,
    pub(super) body: String,
    /// What the product is made of: name and description.
    pub(super) items: Vec<(String, String)>,
    /// The plan's name, and what it costs in words.
    pub(super) plan: Option<(String, String)>,
    pub(super) notify_url: Uri,
    pub(super) return_url: Option<String>,
    pub(super) cancel_url: Option<String>,
    pub(super) subscription_id: Option<String>,
    pub(super) customer_id: Option<u64>,
    /// Whether messages carry the first charge of a subscription and not what the merchant gave.
    pub(super) first_cycle: bool,
    /// Whether the status is NULL, so that messages have none.
    pub(super) null_status: bool,
    /// What came of opening it.
    pub(super) opened: Opened,
}

/// What came of opening an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// A trade, as it should be.
    Trade,
    /// A page on which the payer can pay, and no trade.
    NoTrade,
    /// A blank page.
    Blank,
}

impl Order {
    /// Whether there is a trade at all.
    pub(super) fn is_stored(&self) -> bool {
        self.opened == Opened::Trade
    }

    /// Whether money was taken.
    pub(super) fn is_paid(&self) -> bool {
        use OrderStatus::{CheckoutSucceed, SubscriptionChargeSucceed};
        matches!(self.status, CheckoutSucceed | SubscriptionChargeSucceed)
    }

    /// Takes on what the payer chose on the page, as long as nothing is paid.
    pub(super) fn choose(&mut self, channel: Option<&String>, ability: Option<&str>) {
        if self.is_paid() {
            return;
        }
        if let Some(channel) = channel {
            self.channel_id.clone_from(channel);
        }
        let ability = match ability {
            Some("checkout") => Ability::Checkout,
            Some("subscribe") => Ability::Subscribe,
            _ => return,
        };
        if self.abilities.contains(&ability) {
            self.ability = ability;
        }
    }

    /// Amount and currency in messages: for a subscription those of its first charge (grade V),
    /// or, as the document would have it, those that the merchant gave and else the plan's.
    fn money(&self) -> (&str, &str) {
        let money = match (self.ability, self.first_cycle) {
            (Ability::Subscribe, true) => self.often.as_ref(),
            _ => self.once.as_ref().or(self.often.as_ref()),
        };
        money.map_or(("", ""), |(amount, currency)| (amount, currency))
    }

    /// What is signed about it (grade V), in the order in which it is sent. What is not set is
    /// not sent, but for the order number, which is then empty.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let (amount, currency) = self.money();
        let status = if self.null_status {
            ""
        } else {
            self.status.as_str()
        };
        let optional = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut fields = vec![
            ("app_id", self.app_id.clone()),
            ("channel_id", self.channel_id.clone()),
            ("trade_no", self.trade_no.clone()),
            ("out_trade_no", optional(&self.out_trade_no)),
            ("total_amount", amount.to_owned()),
            ("currency", currency.to_owned()),
            ("subject", self.subject.clone()),
            ("body", self.body.clone()),
            ("status", status.to_owned()),
            ("subscription_id", optional(&self.subscription_id)),
            (
                "customer_id",
                optional(&self.customer_id.map(|id| id.to_string())),
            ),
        ];
        fields.retain(|(name, value)| *name == "out_trade_no" || !value.is_empty());
        fields
    }
}
