//! `GET /checkout`: the payer's browser is sent there with signed parameters.

use std::time::SystemTime;

use super::channel::{Ability, Channel, Environment};
use super::check;
use super::customer::Customer;
use super::number::{self, SafeBecause};
use super::plan::Plan;
use super::product::Product;
use super::resource::{self, Resource, json, parameter};
use super::sign::SigningKey;
use super::signed::SignedCheckout;
use crate::error::{Error, Problems};
use crate::money::{Amount, Currency};
use crate::timestamp::Timestamp;

const OPERATION: &str = "sign checkout";

/// A checkout before it is signed: one payment, a subscription, or whichever the payer chooses.
///
/// | | [`order`](Checkout::order) | [`plan`](Checkout::plan) and [`customer`](Checkout::customer) |
/// |---|---|---|
/// | [`one_off`](Checkout::one_off) | required | – |
/// | [`subscription`](Checkout::subscription) | its number is required: [`order_number`](Checkout::order_number) | required |
/// | [`payers_choice`](Checkout::payers_choice) | required | required |
///
/// [`notify_url`](Checkout::notify_url) and [`return_url`](Checkout::return_url) are required:
/// some payments are told by one of them and some by the other (grade V).
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::{
///     Checkout, Environment, OrderNumber, Product, ProductType, SigningKey,
/// };
///
/// let tea = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
/// let number = OrderNumber::for_id("A-1", 0x8d2f_71aa_0c94_e3b6)?;
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let signed = Checkout::one_off("2021122412586601", Environment::Sandbox, tea)
///     .order(number, "10.00".parse()?, Currency::USD)
///     .notify_url("https://shop.example.com/notify")
///     .return_url("https://shop.example.com/thanks")
///     .sign(&SigningKey::new("shop secret")?, now)?;
/// assert!(signed.url().starts_with("https://p.yzhan.co/checkout?app_id=2021122412586601&"));
/// assert!(signed.form_html().contains("name=\"sign\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checkout {
    page: String,
    app_id: String,
    channel: Channel,
    utc_offset_minutes: i16,
    product: Resource<Product>,
    out_trade_no: Option<String>,
    safe_because: Option<SafeBecause>,
    money: Option<(Amount, Currency)>,
    plan: Option<Resource<Plan>>,
    customer: Option<Resource<Customer>>,
    notify_url: Option<String>,
    return_url: Option<String>,
    cancel_url: Option<String>,
    max_url_len: usize,
}

impl Checkout {
    /// The provider's own checkout page (grade D).
    pub const DEFAULT_PAGE: &str = "https://p.yzhan.co/checkout";

    /// The longest URL by default, in bytes. Apache and NGINX answer 414 above 8 kB as they come
    /// (grade V), and their 8 kB hold more than the URL.
    pub const DEFAULT_MAX_URL_LEN: usize = 7_500;

    /// One payment. `app_id` is given when the app is created (grade V: at most 16 characters).
    pub fn one_off(
        app_id: impl Into<String>,
        env: Environment,
        product: impl Into<Resource<Product>>,
    ) -> Self {
        Self::new(app_id.into(), env, Ability::Checkout, product.into())
    }

    /// A subscription.
    pub fn subscription(
        app_id: impl Into<String>,
        env: Environment,
        product: impl Into<Resource<Product>>,
    ) -> Self {
        Self::new(app_id.into(), env, Ability::Subscribe, product.into())
    }

    /// Either, as the payer chooses on the page (grade D: an empty `ability`).
    pub fn payers_choice(
        app_id: impl Into<String>,
        env: Environment,
        product: impl Into<Resource<Product>>,
    ) -> Self {
        Self::new(app_id.into(), env, Ability::PayersChoice, product.into())
    }

    fn new(app_id: String, env: Environment, ability: Ability, product: Resource<Product>) -> Self {
        Self {
            page: Self::DEFAULT_PAGE.to_owned(),
            app_id,
            channel: Channel { env, ability },
            utc_offset_minutes: 0,
            product,
            out_trade_no: None,
            safe_because: None,
            money: None,
            plan: None,
            customer: None,
            notify_url: None,
            return_url: None,
            cancel_url: None,
            max_url_len: Self::DEFAULT_MAX_URL_LEN,
        }
    }

    /// Sets `out_trade_no`, `total_amount` and `currency`.
    ///
    /// The number is yours and unique in the app (grade D): an
    /// [`OrderNumber`](super::OrderNumber), or its text. The amount is from 0.01 (grade D) to
    /// 99999999.99 (grade V; the document says 999999999) and is sent with two decimals; the
    /// currency is USD or CNY (grade D).
    #[must_use]
    pub fn order(
        mut self,
        out_trade_no: impl Into<String>,
        total_amount: Amount,
        currency: Currency,
    ) -> Self {
        self.money = Some((check::two_decimals(total_amount), currency));
        self.order_number(out_trade_no)
    }

    /// Sets `out_trade_no` alone, for a subscription: its messages carry the amount of the plan's
    /// first cycle, whatever else is sent (grade V).
    #[must_use]
    pub fn order_number(mut self, out_trade_no: impl Into<String>) -> Self {
        self.out_trade_no = Some(out_trade_no.into());
        self
    }

    /// Takes an order number of fewer than 41 characters, to which a payer can append a status.
    /// Say why that is safe, here and in
    /// [`Order::allow_extendable`](super::Order::allow_extendable).
    #[must_use]
    pub fn allow_extendable(mut self, because: SafeBecause) -> Self {
        self.safe_because = Some(because);
        self
    }

    /// Sets the plan of the subscription.
    #[must_use]
    pub fn plan(mut self, plan: impl Into<Resource<Plan>>) -> Self {
        self.plan = Some(plan.into());
        self
    }

    /// Sets the customer.
    #[must_use]
    pub fn customer(mut self, customer: impl Into<Resource<Customer>>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets where the provider posts notifications.
    #[must_use]
    pub fn notify_url(mut self, url: impl Into<String>) -> Self {
        self.notify_url = Some(url.into());
        self
    }

    /// Sets where the browser is sent after paying, with a message in its query: hand that to
    /// [`Verifier::browser_return`](super::Verifier::browser_return).
    ///
    /// The browser's return is evidence of the notification's rank, verified by the same rules and
    /// acted on; it may never come, or come twice. For one-off payments through `PayPal` it is the
    /// only message there is (grade V).
    ///
    /// It must have no `?` and no `#`, because the provider appends `?` and the signed parameters
    /// blindly (grade V).
    #[must_use]
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }

    /// Sets where the browser is sent when the payer cancels. That visit is unsigned (grade V):
    /// it is evidence of nothing.
    #[must_use]
    pub fn cancel_url(mut self, url: impl Into<String>) -> Self {
        self.cancel_url = Some(url.into());
        self
    }

    /// Replaces the page, for a self-hosted installation (grade V).
    #[must_use]
    pub fn page(mut self, url: impl Into<String>) -> Self {
        self.page = url.into();
        self
    }

    /// Sets the longest URL that [`sign`](Checkout::sign) makes, in bytes, for an installation
    /// whose web server takes more than
    /// [`DEFAULT_MAX_URL_LEN`](Checkout::DEFAULT_MAX_URL_LEN).
    #[must_use]
    pub fn max_url_len(mut self, bytes: usize) -> Self {
        self.max_url_len = bytes;
        self
    }

    /// Sets the offset from UTC, in minutes to the east, in which `request_time` is written; UTC
    /// by default. The server stores that time and compares it with nothing (grade V), so it only
    /// informs whoever reads the provider's pages.
    #[must_use]
    pub fn utc_offset_minutes(mut self, minutes: i16) -> Self {
        self.utc_offset_minutes = minutes;
        self
    }

    /// Signs the parameters as of `now`. Whatever is left out is neither signed nor sent.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every problem of every parameter,
    /// under its name on the wire; nothing was signed then.
    pub fn sign(&self, key: &SigningKey, now: SystemTime) -> Result<SignedCheckout, Error> {
        let mut problems = Problems::new();
        let request_time = self.request_time(now, &mut problems);
        self.check_basics(key, &mut problems);
        self.check_urls(&mut problems);
        self.check_ability(&mut problems);
        self.check_details(&mut problems);
        let parameters = self.parameters(request_time);
        let signed = SignedCheckout::new(&self.page, parameters, key);
        self.check_url_len(&signed, &mut problems);
        problems.into_result(OPERATION)?;
        Ok(signed)
    }

    fn check_url_len(&self, signed: &SignedCheckout, problems: &mut Problems) {
        let max = self.max_url_len;
        // Most are so short that nothing needs to be encoded to see it: a byte becomes three.
        let longest = |(name, value): (&str, &str)| name.len() + 3 * value.len() + 2;
        let longest: usize = signed.parameters().map(longest).sum();
        if self.page.len() + longest <= max {
            return;
        }
        let bytes = signed.url().len();
        if bytes > max {
            let reason = format!(
                "must be shorter: the URL is {bytes} bytes long with its parameters, and web \
                 servers refuse more than 8 kB (the limit here is {max}, see max_url_len)"
            );
            problems.add("checkout page", reason);
        }
    }

    fn request_time(&self, now: SystemTime, problems: &mut Problems) -> String {
        // From the westernmost to the easternmost zone in use.
        let zone = (-12 * 60..=14 * 60).contains(&self.utc_offset_minutes);
        problems.require(zone, "request_time", "must be in an offset that is in use");
        let text = Timestamp::try_from(now)
            .ok()
            .and_then(|time| time.to_date_time(self.utc_offset_minutes));
        problems.require(
            text.is_some(),
            "request_time",
            "must be in the years 1 to 9999",
        );
        text.unwrap_or_default()
    }

    fn check_basics(&self, key: &SigningKey, problems: &mut Problems) {
        check::plain(problems, "app_id", &self.app_id);
        problems.require(
            check::is_app_id(&self.app_id),
            "app_id",
            "must be 1 to 16 letters, digits, dots, dashes or underscores",
        );
        let production = self.channel.env == Environment::Production;
        if production && let Some(weakness) = key.weakness() {
            problems.add("secret_key", weakness);
        }
    }

    fn check_urls(&self, problems: &mut Problems) {
        let bare = |url: &str| !url.contains(['?', '#']);
        problems.require(
            check::is_url(&self.page) && bare(&self.page),
            "checkout page",
            "must be an absolute http or https URL without a query or a fragment",
        );
        match &self.notify_url {
            Some(url) => check::url(problems, "notify_url", url),
            None => problems.add("notify_url", "is required to learn of the payment"),
        }
        match &self.return_url {
            Some(url) => {
                check::url(problems, "return_url", url);
                problems.require(
                    bare(url),
                    "return_url",
                    "must have no ? and no #, because the provider appends ? and its parameters",
                );
            }
            None => problems.add(
                "return_url",
                "is required, because some payments are told by the browser's return alone",
            ),
        }
        if let Some(url) = &self.cancel_url {
            check::url(problems, "cancel_url", url);
        }
    }

    /// What each ability requires, and what makes no sense with it.
    fn check_ability(&self, problems: &mut Problems) {
        let ability = self.channel.ability;
        problems.require(
            self.out_trade_no.is_some(),
            "out_trade_no",
            "is required, because no message could be matched without it",
        );
        if ability.may_pay_once() && self.money.is_none() {
            for field in ["total_amount", "currency"] {
                problems.add(field, "is required for a payment");
            }
        }
        if ability.may_subscribe() {
            let required = "is required for a subscription";
            problems.require(self.plan.is_some(), "plan", required);
            problems.require(self.customer.is_some(), "customer", required);
        } else {
            let fine = self.plan.is_none();
            problems.require(fine, "plan", "must be left out of a single payment");
        }
    }

    fn check_details(&self, problems: &mut Problems) {
        if let Some(out_trade_no) = &self.out_trade_no {
            number::form(problems, out_trade_no);
            if self.safe_because.is_none() {
                number::length(problems, out_trade_no);
            }
        }
        if let Some((total_amount, currency)) = &self.money {
            check::amount(problems, "total_amount", *total_amount, false);
            check::currency(problems, "currency", currency);
        }
        resource::check(&self.product, "product.id", problems);
        if let Some(plan) = &self.plan {
            resource::check(plan, "plan.id", problems);
        }
        if let Some(customer) = &self.customer {
            resource::check(customer, "customer.id", problems);
        }
    }

    /// The parameters in the order of the document, without those that were not given.
    fn parameters(&self, request_time: String) -> Vec<(&'static str, String)> {
        let money = self.money.as_ref();
        // Twelve, and the signature.
        let mut parameters = Vec::with_capacity(13);
        let mut add = |name, value: Option<String>| {
            if let Some(value) = value {
                parameters.push((name, value));
            }
        };
        add("app_id", Some(self.app_id.clone()));
        add("request_time", Some(request_time));
        add("notify_url", self.notify_url.clone());
        add("cancel_url", self.cancel_url.clone());
        add("return_url", self.return_url.clone());
        add("product", Some(json(&self.product)));
        add("channel", Some(parameter(&self.channel)));
        add("out_trade_no", self.out_trade_no.clone());
        add("total_amount", money.map(|(amount, _)| amount.to_string()));
        let currency = money.map(|(_, currency)| currency.to_string());
        add("currency", currency);
        add("plan", self.plan.as_ref().map(json));
        add("customer", self.customer.as_ref().map(json));
        parameters
    }
}
