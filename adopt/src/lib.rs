//! Reads a vendor's Postman collection and says how its API is spelled: the profile for sanspay,
//! with a source for every line of it.
//!
//! It proposes and never decides: what a collection cannot say is asked, and money first of all.
//! The form of amounts and the meaning of words are always a person's to say.
//!
//! ```
//! use sanspay_adopt::{Adoption, Answers, Collection};
//!
//! let text = r#"{"info": {"name": "pay"}, "item": [{"name": "Create", "request": {
//!     "method": "POST", "url": "https://h/v1/payments",
//!     "body": {"mode": "raw", "raw": "{\"order\": \"A-1\", \"amount\": {{amount}}, \"currency\": \"USD\"}"}},
//!   "response": [{"name": "Created", "code": 201, "body": "{\"data\": {\"uuid\": \"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d\", \"state\": \"NEW\", \"amount\": 1000, \"currency\": \"USD\", \"order\": \"A-1\"}}"}]}]}"#;
//! let collection = Collection::read(text)?;
//! let open = Adoption::new(&collection, Answers::new());
//! let asked: Vec<&str> = open.questions().iter().map(|question| question.name.as_str()).collect();
//! assert_eq!(asked, ["money.form", "status"]);
//!
//! let answers = Answers::from_toml(r#"
//!     money = { form = "minor-integer" }
//!     status = { created = "NEW", paid = "PAID", failed = "FAILED", expired = "GONE" }
//! "#)?;
//! let adoption = Adoption::new(&collection, answers);
//! let profile = sanspay_profile::from_toml(&adoption.profile("pay")?)?;
//! let proofs = adoption.prove(profile.profile())?;
//! assert_eq!(proofs[0].result.as_deref(), Ok("a record, 10.00 USD, created"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)
)]

mod answers;
mod checkout;
mod collection;
mod diff;
mod find_records;
mod find_requests;
mod findings;
mod json;
mod matching;
mod proof;
mod question;
mod report;
mod shape;
mod write;

pub use answers::{Answers, NoAnswers};
pub use checkout::CheckoutSample;
pub use collection::{Answer, Body, Collection, NotRead, Operation};
pub use diff::{Change, diff};
pub use matching::Kind;
pub use proof::Proof;
pub use question::{Question, Unanswered};
pub use report::{Line, Report, Verdict};

use findings::Findings;
use sanspay_core::Error;
use sanspay_core::profile::{Leaves, Profile};

/// A collection that is being adopted, with what a person has answered so far.
#[derive(Debug, Clone)]
pub struct Adoption<'c> {
    collection: &'c Collection,
    answers: Answers,
    findings: Findings<'c>,
}

impl<'c> Adoption<'c> {
    /// Finds what can be found.
    pub fn new(collection: &'c Collection, answers: Answers) -> Self {
        Self {
            collection,
            findings: Findings::of(collection, &answers),
            answers,
        }
    }

    /// What is still to be answered.
    pub fn questions(&self) -> &[Question] {
        &self.findings.questions
    }

    /// How the collection stands to these leaves: to what the SDK assumes
    /// ([`Leaves::new`]), or to a profile that is in use.
    pub fn report(&self, ours: &Leaves) -> Report {
        Report::of(&self.findings, ours)
    }

    /// The profile as TOML, for [`sanspay_profile::from_toml`], which says what is still missing.
    /// Each leaf has its grade and where it was read.
    ///
    /// # Errors
    /// The questions that are open: whatever is not answered would be assumed in silence.
    pub fn profile(&self, name: &str) -> Result<String, Unanswered> {
        if !self.questions().is_empty() {
            return Err(Unanswered(self.questions().to_vec()));
        }
        let mut source = vec![("collection", self.collection.name())];
        source.extend(self.collection.published().map(|date| ("published", date)));
        let settled = write::settled(&self.findings, &self.answers);
        Ok(write::file(name, &source, &settled))
    }

    /// The leaves of that profile.
    pub fn leaves(&self) -> Leaves {
        write::leaves(&write::settled(&self.findings, &self.answers))
    }

    /// Reads every saved answer through a profile, and lays our requests beside the collection's.
    ///
    /// # Errors
    /// None that can be expected.
    pub fn prove(&self, profile: &Profile) -> Result<Vec<Proof>, Error> {
        proof::prove(&self.findings, profile)
    }
}
