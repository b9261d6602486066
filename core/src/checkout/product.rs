//! The `product` parameter: what is sold.

use serde::Serialize;

use super::check;
use super::resource::Details;
use crate::error::Problems;

/// The kind of product (grade V).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProductType {
    /// Goods that are shipped.
    Physical,
    /// Goods that are downloaded.
    Digital,
    /// Work that is done.
    Service,
}

impl ProductType {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Physical => "PHYSICAL",
            Self::Digital => "DIGITAL",
            Self::Service => "SERVICE",
        }
    }
}

/// What is sold (grade D). Name and description come back in notifications, as `subject` and
/// `body` (grade V). It serializes as it is sent.
///
/// ```
/// use sanspay_core::checkout::{Product, ProductType};
/// let tea = Product::new("Tea", ProductType::Physical, "FOOD_PRODUCTS")
///     .description("Two tins of green tea")
///     .item("Sencha", "100 g")
///     .item("Gyokuro", "50 g");
/// assert_eq!(tea.name(), "Tea");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(rename = "type")]
    kind: ProductType,
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(rename = "list", skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Item {
    name: String,
    description: String,
}

impl Product {
    /// A product by name (grade V: at most 254 characters), kind and category: one of
    /// `PayPal`'s product categories (grade V), such as `SOFTWARE` or `AC_REFRIGERATION_REPAIR`.
    pub fn new(name: impl Into<String>, kind: ProductType, category: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            kind,
            category: category.into(),
            image_url: None,
            url: None,
            status: None,
            items: Vec::new(),
        }
    }

    /// Sets the description (grade V: at most 255 characters, of which the rest is cut off).
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the URL of a picture.
    #[must_use]
    pub fn image_url(mut self, url: impl Into<String>) -> Self {
        self.image_url = Some(url.into());
        self
    }

    /// Sets the URL of the product's page.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the status, such as `ACTIVE`, the only one that the document shows (grade D). None is
    /// sent by default, because the provider's server does not store a product that has one
    /// (grade V), so that it can never be used by its id.
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    /// Adds one line to the list that the checkout page shows.
    #[must_use]
    pub fn item(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.items.push(Item {
            name: name.into(),
            description: description.into(),
        });
        self
    }

    /// The name: what a notification's `subject` must be.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Details for Product {
    fn check(&self, problems: &mut Problems) {
        // Both come back raw in the signed text of notifications.
        check::plain(problems, "product.name", &self.name);
        check::length(
            problems,
            "product.name",
            &self.name,
            check::MAX_PRODUCT_NAME,
        );
        if let Some(text) = &self.description {
            check::plain(problems, "product.description", text);
            check::length(problems, "product.description", text, 255);
        }
        problems.require(
            check::is_upper_word(&self.category),
            "product.category",
            "must be one of PayPal's product categories, such as SOFTWARE",
        );
        let urls = [
            ("product.image_url", &self.image_url),
            ("product.url", &self.url),
        ];
        for (field, url) in urls {
            let fine = url.as_deref().is_none_or(check::is_url);
            problems.require(
                fine,
                field,
                "must be an absolute http or https URL in ASCII",
            );
            check::length(problems, field, url.as_deref().unwrap_or_default(), 255);
        }
        let status = self.status.as_deref();
        problems.require(
            status.is_none_or(check::is_upper_word),
            "product.status",
            "must be a word in capitals, such as ACTIVE",
        );
        let named = self.items.iter().all(|item| !item.name.is_empty());
        problems.require(named, "product.list", "must give every item a name");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout::Resource;
    use crate::checkout::resource::json;

    fn product() -> Product {
        Product::new(
            "Product Name",
            ProductType::Digital,
            "AC_REFRIGERATION_REPAIR",
        )
        .description("Product Description")
    }

    #[test]
    fn each_form_is_written_as_the_document_shows_it() {
        let full = product()
            .image_url("https://image.com/url")
            .url("https://url.com/url")
            .status("ACTIVE")
            .item("Name 1", "Description 1");
        assert_eq!(
            json(&Resource::Create(full)),
            r#"{"name":"Product Name","description":"Product Description","type":"DIGITAL","category":"AC_REFRIGERATION_REPAIR","image_url":"https://image.com/url","url":"https://url.com/url","status":"ACTIVE","list":[{"name":"Name 1","description":"Description 1"}]}"#
        );
        let update = Resource::Update {
            id: 2,
            details: product(),
        };
        assert_eq!(
            json(&update),
            r#"{"id":2,"name":"Product Name","description":"Product Description","type":"DIGITAL","category":"AC_REFRIGERATION_REPAIR"}"#
        );
        assert_eq!(json(&Resource::<Product>::Get { id: 1 }), r#"{"id":1}"#);
        for (kind, word) in [
            (ProductType::Physical, "PHYSICAL"),
            (ProductType::Service, "SERVICE"),
        ] {
            let written = json(&Resource::Create(Product::new("P", kind, "SOFTWARE")));
            let expected = format!(r#"{{"name":"P","type":"{word}","category":"SOFTWARE"}}"#);
            assert_eq!(written, expected);
        }
    }
}
