//! What the shop sells.

use sanspay_core::checkout::{BillingCycle, IntervalUnit, Plan, Product, ProductType};
use sanspay_core::{Amount, Currency};

/// One thing that is sold, once or by subscription.
#[derive(Debug, Clone)]
pub struct Item {
    /// What the shop calls it in its forms.
    pub id: String,
    /// Its name.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// What it is made of: name and description.
    pub parts: Vec<(String, String)>,
    /// What it costs, each time.
    pub price: Amount,
    /// How it is sold.
    pub offer: Offer,
}

/// How something is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Once.
    Once,
    /// Every month, after some days without charge.
    Monthly {
        /// How many days are free.
        free_days: u32,
    },
}

/// Everything is sold in US dollars.
pub(crate) const CURRENCY: Currency = Currency::USD;

/// A price as it is shown: `USD 18.00`.
fn shown(price: Amount) -> String {
    let cents = price.minor_units(2).unwrap_or_default();
    format!("{CURRENCY} {}.{:02}", cents / 100, cents % 100)
}

impl Offer {
    /// The price in words.
    pub(crate) fn text(self, price: Amount) -> String {
        let price = shown(price);
        match self {
            Self::Once => price,
            Self::Monthly { free_days: 0 } => format!("{price} every month"),
            Self::Monthly { free_days } => {
                format!("{price} every month, first {free_days} days free")
            }
        }
    }

    /// The plan of a subscription, under this name.
    pub(crate) fn plan(self, name: &str, price: Amount) -> Option<Plan> {
        let Self::Monthly { free_days } = self else {
            return None;
        };
        let plan = Plan::new(name);
        let plan = match (free_days, Amount::from_minor_units(0, 2)) {
            (1.., Ok(nothing)) => plan.cycle(BillingCycle::trial(
                IntervalUnit::Day,
                free_days,
                nothing,
                CURRENCY,
            )),
            _ => plan,
        };
        let monthly = BillingCycle::regular(IntervalUnit::Month, 1, price, CURRENCY);
        Some(plan.cycle(monthly))
    }
}

impl Item {
    /// As the checkout is told about it.
    pub(crate) fn product(&self) -> Product {
        let product = Product::new(&self.name, ProductType::Physical, "FOOD_PRODUCTS");
        let product = product.description(&self.about);
        self.parts.iter().fold(
            product,
            |product: Product, (name, about): &(String, String)| product.item(name, about),
        )
    }
}

/// The shop's own three.
pub fn teas() -> Vec<Item> {
    let item = |id: &str, name: &str, about: &str, parts: &[(&str, &str)], cents, offer| {
        Some(Item {
            id: id.to_owned(),
            name: name.to_owned(),
            about: about.to_owned(),
            parts: parts
                .iter()
                .map(|(name, about): &(&str, &str)| ((*name).to_owned(), (*about).to_owned()))
                .collect(),
            price: Amount::from_minor_units(cents, 2).ok()?,
            offer,
        })
    };
    let sencha = [("Sencha leaves", "100 g, first harvest")];
    let set = [
        ("Teapot", "Stoneware, 0.6 l"),
        ("Two cups", "Stoneware, 0.2 l each"),
        ("Sencha leaves", "50 g to begin with"),
    ];
    let club = [("A tin of tea each month", "Another garden every time")];
    [
        item(
            "sencha",
            "Sencha",
            "Green tea from Kagoshima, bright and grassy.",
            &sencha,
            1850,
            Offer::Once,
        ),
        item(
            "set",
            "Tea set",
            "A pot, two cups and something to put in them.",
            &set,
            6400,
            Offer::Once,
        ),
        item(
            "club",
            "Tea club",
            "A tin by post every month. Leave when you like.",
            &club,
            999,
            Offer::Monthly { free_days: 7 },
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
