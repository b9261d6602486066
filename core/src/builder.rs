//! Collects what a session needs and reports everything that is missing or wrong at once.

use std::time::Duration;

use crate::checkout::query::{LogIn, Operator};
use crate::credentials::Credentials;
use crate::error::{Error, Problems};
use crate::exchange::{Idempotency, RetryPolicy, Session, Settings, SharedToken};
use crate::partner::FetchToken;
use crate::partner::RecordType;
use crate::secret::Secret;
use crate::wire::BaseUrl;
use crate::wire::{Api, Wire};

/// Builds a [`Session`] with the partner API; the builders of the adapters' clients stand on it,
/// so that they take the same options under the same names.
///
/// ```
/// use sanspay_core::SessionBuilder;
/// let session = SessionBuilder::new(0)
///     .base_url("https://api.example.com")
///     .credentials("key id", "key secret")
///     .build();
/// assert_eq!(session.unwrap_err().problems().len(), 2, "neither key may hold a space");
/// ```
#[derive(Debug, Clone)]
pub struct SessionBuilder {
    base_url: Option<String>,
    plain_http: bool,
    credentials: Option<(Secret, Secret)>,
    short_key_secret: bool,
    operator: Option<(Secret, Secret)>,
    wire: Wire,
    settings: Settings,
}

impl SessionBuilder {
    /// An empty builder. `seed` is where the jitter of retries begins; see [`Settings::seed`].
    pub fn new(seed: u64) -> Self {
        Self {
            base_url: None,
            plain_http: false,
            credentials: None,
            short_key_secret: false,
            operator: None,
            wire: Wire::default(),
            settings: Settings {
                seed,
                ..Settings::default()
            },
        }
    }

    /// Where the API is; there is no default. See [`BaseUrl::new`].
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Accepts a plain `http` base URL on any host. See [`BaseUrl::with_plain_http`].
    #[must_use]
    pub fn plain_http(mut self, accepted: bool) -> Self {
        self.plain_http = accepted;
        self
    }

    /// `key_id` and `key_secret` as provisioned.
    ///
    /// The keys that this SDK publishes for its own sandbox are refused wherever the base URL is
    /// neither on a loopback host nor on a name for tests and examples (`localhost`, `*.example`,
    /// `*.example.com`, `*.test`, `*.invalid`: RFC 2606 and RFC 6761), and so is a secret of less
    /// than [`Credentials::MIN_SECRET_LEN`] characters.
    #[must_use]
    pub fn credentials(mut self, key_id: impl Into<Secret>, key_secret: impl Into<Secret>) -> Self {
        self.credentials = Some((key_id.into(), key_secret.into()));
        self
    }

    /// Accepts a key secret of less than [`Credentials::MIN_SECRET_LEN`] characters at any host:
    /// for an environment whose keys really are that short.
    #[must_use]
    pub fn short_key_secret(mut self, accepted: bool) -> Self {
        self.short_key_secret = accepted;
        self
    }

    /// Name and password of a user of a checkout installation's admin pages, in place of
    /// [`credentials`](SessionBuilder::credentials): for a session that asks the installation; see
    /// [`query`](crate::checkout::query).
    #[must_use]
    pub fn operator(mut self, username: impl Into<Secret>, password: impl Into<Secret>) -> Self {
        self.operator = Some((username.into(), password.into()));
        self
    }

    /// Replaces the assumed routes and header names.
    #[must_use]
    pub fn wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Replaces all rules at once.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The time that one call may take, with its token, its retries and its waits.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// How often and how soon a failed request is sent again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// The token that is shared with other machines; see [`Settings::shared_token`]. A client's
    /// builder has `share_token`, which takes the store as well.
    #[must_use]
    pub fn shared_token(mut self, token: SharedToken) -> Self {
        self.settings.shared_token = Some(token);
        self
    }

    /// Whether the server is known to honour `Idempotency-Key`.
    #[must_use]
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.settings.idempotency = idempotency;
        self
    }

    /// You know from the provider that its list shows every record of this type, filtered by type
    /// and reference.
    #[must_use]
    pub fn authoritative_list(mut self, record_type: RecordType) -> Self {
        self.settings.authoritative_lists.push(record_type);
        self
    }

    /// The error of an adapter that was built without its own transport and was given no other.
    pub fn missing_transport(feature: &str) -> Error {
        let mut problems = Problems::new();
        problems.add(
            "transport",
            format!("is missing, and the feature `{feature}` is off"),
        );
        problems.into_error("configure")
    }

    /// The session.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with everything that is missing or wrong.
    pub fn build(self) -> Result<Session, Error> {
        let mut problems = Problems::new();
        let read = if self.plain_http {
            BaseUrl::with_plain_http
        } else {
            BaseUrl::new
        };
        let base = problems.take(self.base_url.map(|url| read(&url)), "base_url");
        let keys = self
            .credentials
            .map(|(id, secret)| Credentials::new(id, secret));
        let operator = self
            .operator
            .map(|(username, password)| Operator::new(username, password));
        let both = keys.is_some() && operator.is_some();
        problems.require(!both, "credentials", "must not be given beside an operator");
        // One of the two is needed, and what was given is looked at.
        let (credentials, operator) = match operator {
            None => (problems.take(keys, "credentials"), None),
            operator => (
                keys.and_then(Result::ok),
                problems.take(operator, "operator"),
            ),
        };
        if let (Some(base), Some(credentials)) = (&base, &credentials) {
            credentials.check_for(base.host(), self.short_key_secret, &mut problems);
        }
        problems.require(
            !self.settings.deadline.is_zero(),
            "deadline",
            "must be more than zero",
        );
        problems.require(
            self.wire.payment.contains("{uuid}"),
            "wire.payment",
            "must say with {uuid} where the record's id stands",
        );
        problems.require(
            self.wire.admin.trade.contains("{id}"),
            "wire.admin.trade",
            "must say with {id} where the trade's id stands",
        );
        let api = base.map(|base| Api::new(base).with_wire(self.wire));
        match (api, credentials, operator) {
            (Some(api), Some(credentials), None) if problems.is_empty() => Ok(Session::new(
                api,
                FetchToken::new(credentials),
                self.settings,
            )),
            (Some(api), None, Some(operator)) if problems.is_empty() => {
                Ok(Session::new(api, LogIn::new(operator), self.settings))
            }
            _ => Err(problems.into_error("configure")),
        }
    }
}

/// Writes the setters of a [`SessionBuilder`] for a client's builder that holds one in its field
/// `session`: both adapters do, and so can a client of yours.
///
/// ```
/// use sanspay_core::{SessionBuilder, session_setters};
///
/// #[must_use]
/// struct MyClientBuilder {
///     session: SessionBuilder,
/// }
///
/// impl MyClientBuilder {
///     session_setters!();
/// }
///
/// let session = SessionBuilder::new(0);
/// let builder = MyClientBuilder { session }.base_url("https://api.example.com");
/// assert!(builder.session.build().is_err(), "the credentials are missing");
/// ```
#[macro_export]
macro_rules! session_setters {
    () => {
        $crate::session_setters! {
            /// Where the API is; there is no default. `https`, or `http` on a loopback address.
            base_url(url: impl Into<String>);
            /// Accepts a plain `http` base URL on any host: for a network that you trust.
            plain_http(accepted: bool);
            /// `key_id` and `key_secret` as provisioned. Outside of a sandbox the keys that this SDK
            /// publishes are refused, and so is a secret of less than 16 characters; see
            /// `SessionBuilder::credentials` of the core.
            credentials(key_id: impl Into<$crate::Secret>, key_secret: impl Into<$crate::Secret>);
            /// Accepts a key secret of less than 16 characters at any host: for an environment whose
            /// keys really are that short.
            short_key_secret(accepted: bool);
            /// Name and password of a user of a checkout installation's admin pages, in place of
            /// [`credentials`](Self::credentials): for a client that asks the installation.
            operator(username: impl Into<$crate::Secret>, password: impl Into<$crate::Secret>);
            /// Replaces the assumed routes and header names.
            wire(wire: $crate::Wire);
            /// Replaces all rules at once: deadline, retry, token, idempotency, body limit, seed.
            settings(settings: $crate::Settings);
            /// The time that one call may take, with its token, its retries and its waits. 30 s.
            deadline(deadline: ::std::time::Duration);
            /// How often and how soon a failed request is sent again.
            retry(policy: $crate::RetryPolicy);
            /// Whether the server is known to honour `Idempotency-Key`.
            idempotency(idempotency: $crate::Idempotency);
            /// You know from the provider that its list shows every record of this type, filtered by
            /// type and reference: only then, or where a lookup has shown one, does a lookup say
            /// *absent*.
            authoritative_list(record_type: $crate::partner::RecordType);
        }
    };
    ($($(#[doc = $doc:literal])* $name:ident($($argument:ident: $type:ty),*);)*) => {$(
        $(#[doc = $doc])*
        pub fn $name(mut self, $($argument: $type),*) -> Self {
            self.session = self.session.$name($($argument),*);
            self
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_missing_is_reported_at_once() {
        let error = SessionBuilder::new(0)
            .deadline(Duration::ZERO)
            .wire(Wire {
                payment: "/partner/payments/{id}".into(),
                ..Wire::default()
            })
            .build()
            .unwrap_err();
        let fields: Vec<_> = error.problems().iter().map(crate::Problem::field).collect();
        assert_eq!(
            fields,
            ["base_url", "credentials", "deadline", "wire.payment"]
        );
    }

    #[test]
    fn plain_http_is_a_choice() {
        let builder = SessionBuilder::new(0)
            .base_url("http://h")
            .credentials("id", "a-secret-of-24-characters");
        assert!(builder.clone().build().is_err());
        assert!(builder.plain_http(true).build().is_ok());
    }

    /// The fields that are refused with these keys at this base URL.
    fn refused(url: &str, id: &str, secret: &str) -> Vec<String> {
        let builder = SessionBuilder::new(0).base_url(url).credentials(id, secret);
        let problems = builder.build().err();
        problems.map_or_else(Vec::new, |error: Error| {
            let fields = error.problems().iter().map(crate::Problem::field);
            fields.map(str::to_owned).collect()
        })
    }

    #[test]
    fn keys_that_everybody_knows_and_short_ones_open_sandboxes_only() {
        let published = ("sandbox-key-id", "sandbox-key-secret");
        for (host, (id, secret), expected) in [
            ("api.qiaopay.com", published, vec!["key_id", "key_secret"]),
            ("10.0.0.1", published, vec!["key_id", "key_secret"]),
            (
                "example.com.evil.org",
                published,
                vec!["key_id", "key_secret"],
            ),
            (
                "api.qiaopay.com",
                ("id", "sandbox-key-secret"),
                vec!["key_secret"],
            ),
            ("api.qiaopay.com", ("id", "a"), vec!["key_secret"]),
            (
                "api.qiaopay.com",
                ("id", "fifteen-letters"),
                vec!["key_secret"],
            ),
            ("api.qiaopay.com", ("id", "sixteen--letters"), vec![]),
            ("api.qiaopay.com", ("a", "sixteen--letters"), vec![]),
            ("127.0.0.1:8080", published, vec![]),
            ("[::1]", published, vec![]),
            ("localhost", ("a", "a"), vec![]),
            ("api.example.com", ("a", "a"), vec![]),
            ("shop.test", published, vec![]),
            ("shop.invalid", published, vec![]),
        ] {
            let url = format!("https://{host}/base");
            assert_eq!(refused(&url, id, secret), expected, "{host} {id} {secret}");
        }
    }

    #[test]
    fn a_short_secret_is_a_choice_and_a_published_one_is_not() {
        let builder = SessionBuilder::new(0)
            .base_url("https://api.qiaopay.com")
            .short_key_secret(true);
        assert!(builder.clone().credentials("id", "a").build().is_ok());
        let published = builder.credentials("id", "sandbox-key-secret").build();
        let told = published.unwrap_err().to_string();
        assert!(
            told.contains("key_secret is the sandbox's, which everybody knows"),
            "{told}"
        );
        let told = SessionBuilder::new(0)
            .base_url("https://api.qiaopay.com")
            .credentials("id", "PlantedKey")
            .build()
            .unwrap_err()
            .to_string();
        assert!(told.contains("must have at least 16 characters"), "{told}");
        assert!(!told.contains("PlantedKey"), "{told}");
    }
}
