//! What a paid message means beside what the records already hold: the first payment, the same
//! again, perhaps a renewal, or a second payment of one order.

use super::matched::Paid;

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A `POST` to `notify_url`.
    Notification,
    /// The query of the browser's visit to `return_url`.
    BrowserReturn,
}

/// What your stored orders hold of the payment of an order: store it when you act on the first
/// [`Paid`] of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded<'a> {
    /// The trade number of the first payment.
    pub trade_no: &'a str,
    /// Whether a *notification* of that payment was already acted on. A browser return alone
    /// leaves this `false`, because the notification of the same payment is then still to come.
    pub notified: bool,
}

/// What a paid message means for an order; see [`Paid::payment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payment {
    /// The order was not paid before: act on it.
    First,
    /// The same payment once more: acknowledge it and do nothing.
    Repeated,
    /// A subscription's notification once more: the same one again, or the next period was
    /// charged. The two are the same bytes (grade V), so confirm by query, or look at the
    /// provider's pages, before you count a renewal. Anybody who has the message can send it
    /// again.
    PossibleRenewal,
    /// Another trade number says that the order is paid: money was taken twice. Do not deliver
    /// twice; pay one of the two back.
    Double,
}

impl Paid {
    /// What this payment means, given what your stored orders hold of the order's payment; `None` when
    /// they hold none.
    ///
    /// Call it in the transaction that stores its [`dedup_key`](Paid::dedup_key), so that two
    /// messages at the same time are not both the first.
    ///
    /// ```
    /// # use sanspay_core::Currency;
    /// # use sanspay_core::checkout::{Order, OrderNumber, SigningKey, TestMessage, Verifier};
    /// use sanspay_core::checkout::{Payment, Recorded};
    /// # let key = SigningKey::new("test secret")?;
    /// # let verifier = Verifier::for_sandbox([key.clone()])?;
    /// # let number = OrderNumber::for_id("A-1", 7)?;
    /// # let order = Order::new("7", number, "10.00".parse()?, Currency::USD, "Tea")
    /// #     .channel("3", Currency::USD);
    /// # let message = TestMessage::paid(&order);
    /// # let matched = verifier.notification(&message.form_body(&key))?.matches(&order)?;
    /// # let paid = matched.paid().ok_or("not paid")?;
    /// assert_eq!(paid.payment(None), Payment::First);
    ///
    /// let recorded = Recorded { trade_no: paid.trade_no(), notified: true };
    /// assert_eq!(paid.payment(Some(recorded)), Payment::Repeated);
    ///
    /// let other = Recorded { trade_no: "20261125222139776", notified: true };
    /// assert_eq!(paid.payment(Some(other)), Payment::Double);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "a second payment and a renewal are told here and nowhere else"]
    pub fn payment(&self, recorded: Option<Recorded<'_>>) -> Payment {
        let again = self.source() == Source::Notification && self.status().is_subscription();
        match recorded {
            None => Payment::First,
            Some(first) if first.trade_no != self.trade_no() => Payment::Double,
            Some(first) if again && first.notified => Payment::PossibleRenewal,
            Some(_) => Payment::Repeated,
        }
    }
}
