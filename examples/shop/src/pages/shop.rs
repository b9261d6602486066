//! What is sold.

use maud::{Markup, html};

use super::{Follows, layout, shortened};
use crate::catalogue::{Item, Offer};

pub(super) const TITLE: &str = "Tea by post";

/// The list, with one button for each.
pub(crate) fn page(items: &[Item]) -> Markup {
    let main = html! {
        h1 { (TITLE) }
        p.soft { "Choose something. The provider’s checkout takes it from there." }
        ul.cards {
            @for item in items {
                li.card {
                    h2 { (shortened(&item.name, 120)) }
                    p.soft { (shortened(&item.about, 300)) }
                    p.price { (item.offer.text(item.price)) }
                    form method="post" action="/buy" {
                        button type="submit" name="item" value=(item.id) {
                            (match item.offer { Offer::Once => "Buy ", Offer::Monthly { .. } => "Subscribe to " })
                            (shortened(&item.name, 120))
                        }
                    }
                }
            }
        }
    };
    layout(TITLE, Follows::No, &main)
}
