//! The `customer` parameter: who subscribes.

use std::fmt;

use serde::Serialize;

use super::check;
use super::resource::Details;
use crate::error::Problems;

/// Who subscribes (grade D). This is personal data: `Debug` shows none of it. It serializes as it is
/// sent.
///
/// ```
/// use sanspay_core::checkout::Customer;
/// let jane = Customer::new("Jane", "Doe").email("jane@example.com").phone("49", "301234567");
/// assert_eq!(format!("{jane:?}"), "Customer(redacted)");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    area_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct Name {
    first_name: String,
    last_name: String,
}

impl Customer {
    /// A customer by name (grade V: at most 30 characters each).
    pub fn new(first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        Self {
            name: Name {
                first_name: first_name.into(),
                last_name: last_name.into(),
            },
            description: None,
            email: None,
            area_code: None,
            phone: None,
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the e-mail address (grade V: at most 30 characters).
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.email = Some(address.into());
        self
    }

    /// Sets the telephone number: country code without `+`, such as `86`, and the rest.
    #[must_use]
    pub fn phone(mut self, area_code: impl Into<String>, phone: impl Into<String>) -> Self {
        self.area_code = Some(area_code.into());
        self.phone = Some(phone.into());
        self
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer(redacted)")
    }
}

impl Details for Customer {
    fn check(&self, problems: &mut Problems) {
        let names = [
            ("customer.name.first_name", &self.name.first_name),
            ("customer.name.last_name", &self.name.last_name),
        ];
        for (field, name) in names {
            problems.require(!name.is_empty(), field, "must not be empty");
            check::length(problems, field, name, 30);
        }
        let address = |text: &str| {
            text.split_once('@')
                .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        };
        problems.require(
            self.email.as_deref().is_none_or(address),
            "customer.email",
            "must be an e-mail address",
        );
        let email = self.email.as_deref().unwrap_or_default();
        check::length(problems, "customer.email", email, 30);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let numbers = [
            ("customer.area_code", &self.area_code),
            ("customer.phone", &self.phone),
        ];
        for (field, number) in numbers {
            let fine = number.as_deref().is_none_or(digits);
            problems.require(fine, field, "must be digits only");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkout::Resource;
    use crate::checkout::resource::json;

    #[test]
    fn a_customer_is_written_as_the_document_shows_it() {
        let customer = Customer::new("Chao", "Wang")
            .description("Customer Description")
            .email("a@126.com")
            .phone("86", "13000000000");
        assert_eq!(
            json(&Resource::Update {
                id: 2,
                details: customer
            }),
            r#"{"id":2,"name":{"first_name":"Chao","last_name":"Wang"},"description":"Customer Description","email":"a@126.com","area_code":"86","phone":"13000000000"}"#
        );
    }

    #[test]
    fn nothing_personal_is_printed_in_any_form() {
        let customer = Customer::new("Jane", "Doe")
            .email("jane#doe")
            .phone("x", "12 34");
        let mut problems = Problems::new();
        customer.check(&mut problems);
        let error = problems.into_result("test").unwrap_err();
        assert_eq!(error.problems().len(), 3);
        let update = Resource::Update {
            id: 1,
            details: customer,
        };
        let printed = format!("{update:?} {error} {error:?}");
        for personal in ["Jane", "Doe", "jane", "12 34"] {
            assert!(!printed.contains(personal), "{printed}");
        }
    }
}
