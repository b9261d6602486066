//! Notifications and returns as the provider makes them, to test your own handlers with.

use std::fmt;

use super::php::php_query;
use super::sign::{SigningKey, signed_text};
use super::verify::{Order, Status};

/// A notification or return as the provider would send it for an order, with every parameter in
/// your hand.
///
/// ```
/// use sanspay_core::Currency;
/// use sanspay_core::checkout::{
///     Order, OrderNumber, Refusal, SigningKey, TestMessage, Verifier,
/// };
/// let key = SigningKey::new("test secret")?;
/// let verifier = Verifier::for_sandbox([key.clone()])?;
/// let number = OrderNumber::for_id("A-1", 7)?;
/// let order = Order::new("7", number, "10.00".parse()?, Currency::USD, "Tea")
///     .channel("3", Currency::USD);
///
/// let paid = TestMessage::paid(&order);
/// let matched = verifier.notification(&paid.form_body(&key))?.matches(&order)?;
/// assert!(matched.paid().is_some());
///
/// let cheap = paid.with("total_amount", "0.01");
/// let signed = verifier.browser_return(&cheap.return_query(&key))?;
/// assert_eq!(signed.matches(&order).unwrap_err(), Refusal::WrongAmount);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TestMessage(Vec<(String, String)>);

impl TestMessage {
    /// A message with just these parameters, in this order, whatever they are.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let owned = pairs.into_iter().map(|(n, v)| (n.into(), v.into()));
        Self(owned.collect())
    }

    /// A message that says that `order` is paid, through the first channel that it allows: a
    /// single payment where the order may be one, and otherwise the first charge of a
    /// subscription, with a `customer_id` as the server gives it (grade V).
    pub fn paid(order: &Order) -> Self {
        let subscribed = (&order.often, Status::SubscriptionChargeSucceed);
        let (money, status) = match &order.once {
            Some(_) => (&order.once, Status::CheckoutSucceed),
            None => subscribed,
        };
        let currency = money.as_ref().map(|(_, currency)| currency);
        let fits = order.channels.iter().find(|(_, c)| Some(c) == currency);
        let amount = money.as_ref().map(|(amount, _)| amount.to_string());
        let message = Self::from_pairs([
            ("app_id", order.app_id.as_str()),
            ("channel_id", fits.map_or("", |(id, _)| id)),
            ("trade_no", "T20211224125866010001"),
            ("out_trade_no", &order.out_trade_no),
            ("total_amount", amount.as_deref().unwrap_or_default()),
            ("currency", currency.map_or("", |c| c.as_str())),
            ("subject", &order.subject),
            ("body", ""),
            ("status", status.as_str()),
        ]);
        if status.is_subscription() {
            return message.with("customer_id", "3");
        }
        message
    }

    /// Sets a parameter: in its place if it is there, and otherwise at the end.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(pair) => pair.1 = value.into(),
            None => self.0.push((name.to_owned(), value.into())),
        }
        self
    }

    /// Takes a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// The body of a notification, signed.
    pub fn form_body(&self, key: &SigningKey) -> Vec<u8> {
        self.return_query(key).into_bytes()
    }

    /// The query of a browser return, signed, without the `?`.
    pub fn return_query(&self, key: &SigningKey) -> String {
        let pairs = self.0.iter();
        let mut pairs: Vec<_> = pairs.map(|(n, v)| (n.as_str(), v.clone())).collect();
        let sign = key.sign_text(&signed_text(&pairs));
        pairs.push(("sign", sign.as_str().to_owned()));
        php_query(&pairs)
    }
}

impl fmt::Debug for TestMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        f.debug_tuple("TestMessage").field(&names).finish()
    }
}
