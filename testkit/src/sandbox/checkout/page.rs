//! The page of one order: what it is, what it costs, and what the payer can do.

use http::Response;

use super::{Ability, Checkout, Order};
use crate::sandbox::pages::{self, Button, Payment, Provider};

impl Checkout {
    pub(super) fn page(&self, order: &Order) -> Response<Vec<u8>> {
        let once = order
            .once
            .as_ref()
            .map(|(amount, currency)| format!("{currency} {amount}"));
        let plan = order.plan.as_ref();
        let offered = |ability| order.abilities.contains(&ability);
        let once = once.filter(|_| offered(Ability::Checkout));
        let often = plan.filter(|_| offered(Ability::Subscribe));
        let title = match (&once, often) {
            (Some(_), Some(_)) => "Choose how to pay",
            (_, Some(_)) => "Subscribe",
            _ => "Checkout",
        };
        let mut facts: Vec<(&str, String)> = Vec::new();
        facts.extend(order.out_trade_no.clone().map(|number| ("Order", number)));
        facts.extend(often.map(|(name, _)| ("Plan", name.clone())));
        let prices = [once.clone(), often.map(|(_, words)| words.clone())];
        let channels = self.config.channels.iter();
        let channels = channels.filter(|channel| channel.production == order.production);
        pages::payment(&Payment {
            provider: Provider::YzhanPay,
            title,
            prices: prices.into_iter().flatten().collect(),
            product: &order.subject,
            description: &order.body,
            items: &order.items,
            facts,
            action: format!("/checkout/{}", order.trade_no),
            channels: channels
                .map(|channel| (channel.id.as_str(), channel.name.as_str()))
                .collect(),
            buttons: buttons(&order.abilities, once.as_deref()),
        })
    }
}

fn buttons(abilities: &[Ability], once: Option<&str>) -> Vec<Button> {
    let mut buttons: Vec<Button> = abilities
        .iter()
        .map(|ability: &Ability| match ability {
            Ability::Checkout => {
                let label = once.map_or_else(|| "Pay".to_owned(), |price| format!("Pay {price}"));
                Button::new("pay", label).choice("checkout")
            }
            Ability::Subscribe => Button::new("pay", "Subscribe").choice("subscribe"),
        })
        .collect();
    buttons.push(Button::new("fail", "Let it fail"));
    buttons.push(Button::new("cancel", "Cancel"));
    buttons
}
