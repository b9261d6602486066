//! What payers and the provider's staff do.

use std::time::SystemTime;

use super::{ActionError, OrderStatus, RecordStatus, Sandbox};

impl Sandbox {
    /// The payer pays the payment, or the payout arrives. The record is named by its id or by
    /// its reference; of several with the same reference it is a payment before a payout, and the
    /// first that is open.
    ///
    /// # Errors
    /// When there is none, or it already ended in another way. Paying twice changes nothing.
    pub fn pay(&mut self, id_or_reference: &str, now: SystemTime) -> Result<(), ActionError> {
        self.settle(id_or_reference, RecordStatus::Paid, now)
    }

    /// The payment or payout is declined; see [`pay`](Sandbox::pay).
    ///
    /// # Errors
    /// When there is none, or it already ended in another way.
    pub fn fail(&mut self, id_or_reference: &str, now: SystemTime) -> Result<(), ActionError> {
        self.settle(id_or_reference, RecordStatus::Failed, now)
    }

    /// The payment or payout expires before its time; see [`pay`](Sandbox::pay).
    ///
    /// # Errors
    /// When there is none, or it already ended in another way.
    pub fn expire(&mut self, id_or_reference: &str, now: SystemTime) -> Result<(), ActionError> {
        self.settle(id_or_reference, RecordStatus::Expired, now)
    }

    fn settle(
        &mut self,
        id_or_reference: &str,
        status: RecordStatus,
        now: SystemTime,
    ) -> Result<(), ActionError> {
        self.advance(now);
        let (ids, outbox) = (&mut self.ids, &mut self.outbox);
        self.partner
            .settle(id_or_reference, status, now, ids, outbox)
    }

    /// The payer pays the checkout order, named by its `trade_no` or its `out_trade_no`; yields
    /// where the browser is sent, if the merchant said so. Of two ways to pay it is the one that the payer chose last, or
    /// else the first.
    ///
    /// # Errors
    /// When there is none. Paying twice takes one payment.
    pub fn pay_order(
        &mut self,
        number: &str,
        now: SystemTime,
    ) -> Result<Option<String>, ActionError> {
        let (ids, outbox) = (&mut self.ids, &mut self.outbox);
        self.checkout.settle(number, true, now, ids, outbox)
    }

    /// The payment of the checkout order is declined; see [`pay_order`](Sandbox::pay_order). The
    /// payer may try again.
    ///
    /// # Errors
    /// When there is none, or it is paid.
    pub fn fail_order(
        &mut self,
        number: &str,
        now: SystemTime,
    ) -> Result<Option<String>, ActionError> {
        let (ids, outbox) = (&mut self.ids, &mut self.outbox);
        self.checkout.settle(number, false, now, ids, outbox)
    }

    /// The next period of a subscription is charged: the notification of its first charge goes
    /// out again, byte for byte (grade V).
    ///
    /// # Errors
    /// When there is no such order, or it is no subscription that was charged.
    pub fn renew_order(&mut self, number: &str, now: SystemTime) -> Result<(), ActionError> {
        self.checkout.renew(number, now, &mut self.outbox)
    }

    /// Gives the checkout order any status and notifies it, also one that goes back: the real
    /// server can send those (grade V).
    ///
    /// # Errors
    /// When there is none.
    pub fn set_order_status(
        &mut self,
        number: &str,
        status: OrderStatus,
        now: SystemTime,
    ) -> Result<(), ActionError> {
        self.checkout
            .set_status(number, status, now, &mut self.outbox)
    }

    /// The status of a checkout order, named as for [`pay_order`](Sandbox::pay_order).
    pub fn order_status(&self, number: &str) -> Option<OrderStatus> {
        self.checkout.status(number)
    }

    /// Makes every token that was given so far worthless.
    pub fn revoke_tokens(&mut self) {
        self.partner.revoke_tokens();
    }

    /// Keeps back every webhook and notification that is due from now on, so that what happens
    /// before one arrives can be seen at leisure. What is under way stays so.
    pub fn hold_deliveries(&mut self) {
        self.outbox.hold(true);
    }

    /// Lets webhooks and notifications go again, those that were kept back first.
    pub fn release_deliveries(&mut self) {
        self.outbox.hold(false);
    }
}
