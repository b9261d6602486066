//! `GET /checkout`: the payer's browser is sent there with signed parameters.

use std::time::SystemTime;

use super::channel::{Ability, Channel, Environment};
use super::check;
use super::customer::Customer;
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
/// | [`subscription`](Checkout::subscription) | recommended: shown, and needed to match notifications | required |
/// | [`payers_choice`](Checkout::payers_choice) | required | required |
///
/// [`notify_url`](Checkout::notify_url) is required as well: the provider has no usable query
/// API (grade V), so that without it nothing would be learnt about the payment.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::{Checkout, Environment, Product, ProductType, SigningKey};
///
/// let tea = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS");
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let signed = Checkout::one_off("2021122412586601", Environment::Sandbox, tea)
///     .order("A-1", "10.00".parse()?, Currency::USD)
///     .notify_url("https://shop.example.com/notify")
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
    order: Option<(String, Amount, Currency)>,
    plan: Option<Resource<Plan>>,
    customer: Option<Resource<Customer>>,
    notify_url: Option<String>,
    return_url: Option<String>,
    cancel_url: Option<String>,
}

impl Checkout {
    /// The provider's own checkout page (grade D).
    pub const DEFAULT_PAGE: &str = "https://p.yzhan.co/checkout";

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
            order: None,
            plan: None,
            customer: None,
            notify_url: None,
            return_url: None,
            cancel_url: None,
        }
    }

    /// Sets `out_trade_no`, `total_amount` and `currency`.
    ///
    /// The number is yours and unique in the app (grade D), of at most 64 characters (grade V)
    /// and, so that notifications can be checked strictly, of visible ASCII without `&` and `=`.
    /// The amount is from 0.01 to 999999999 (grade D) and is sent with two decimals; the currency
    /// is USD or CNY (grade D).
    #[must_use]
    pub fn order(
        mut self,
        out_trade_no: impl Into<String>,
        total_amount: Amount,
        currency: Currency,
    ) -> Self {
        let total_amount = check::two_decimals(total_amount);
        self.order = Some((out_trade_no.into(), total_amount, currency));
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

    /// Sets where the browser is sent after paying. It must have no `?` and no `#`, because the
    /// provider appends `?` and the signed parameters blindly (grade V).
    #[must_use]
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }

    /// Sets where the browser is sent when the payer cancels. That visit is unsigned (grade V):
    /// navigation, never evidence.
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

    /// Sets the offset from UTC, in minutes to the east, in which `request_time` is written.
    ///
    /// The document gives its form and names no time zone. The default is UTC (grade A): the
    /// server is a Laravel application, whose own default that is, and the sample in the document
    /// was made at 02:38, which in UTC is office time where its vendor is. Give `8 * 60` if your
    /// installation runs on China's time.
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
        problems.into_result(OPERATION)?;
        let parameters = self.parameters(request_time);
        Ok(SignedCheckout::new(&self.page, parameters, key))
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
        problems.require(
            !(production && key.is_public_sample()),
            "sign",
            "must not be made in production with the key that the provider's document publishes",
        );
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
        if let Some(url) = &self.return_url {
            check::url(problems, "return_url", url);
            problems.require(
                bare(url),
                "return_url",
                "must have no ? and no #, because the provider appends ? and its parameters",
            );
        }
        if let Some(url) = &self.cancel_url {
            check::url(problems, "cancel_url", url);
        }
    }

    /// What each ability requires, and what makes no sense with it.
    fn check_ability(&self, problems: &mut Problems) {
        let ability = self.channel.ability;
        if ability.may_pay_once() && self.order.is_none() {
            for field in ["out_trade_no", "total_amount", "currency"] {
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
        if let Some((out_trade_no, total_amount, currency)) = &self.order {
            check::plain(problems, "out_trade_no", out_trade_no);
            problems.require(
                check::is_order_number(out_trade_no),
                "out_trade_no",
                "must be 1 to 64 visible ASCII characters without & and =",
            );
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
        let order = self.order.as_ref();
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
        add(
            "channel",
            Some(parameter(|channel| self.channel.write(channel))),
        );
        add("out_trade_no", order.map(|(number, _, _)| number.clone()));
        let amount = order.map(|(_, amount, _)| amount.to_string());
        add("total_amount", amount);
        let currency = order.map(|(_, _, currency)| currency.to_string());
        add("currency", currency);
        add("plan", self.plan.as_ref().map(json));
        add("customer", self.customer.as_ref().map(json));
        parameters
    }
}
