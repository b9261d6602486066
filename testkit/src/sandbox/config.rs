//! How the two providers of a sandbox are set up.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Uri;

use super::checkout::CheckoutFault;
use super::delivery::Attempts;
use sanspay_core::checkout::SigningKey;
use sanspay_core::{Credentials, Error, Secret, Wire};

/// The `key_id` of the sandbox's merchant. The core knows that it is published.
const KEY_ID: &str = "sandbox-key-id";

/// The `key_secret` to [`KEY_ID`].
const KEY_SECRET: &str = "sandbox-key-secret";

/// The signing key of the sandbox's app.
const APP_KEY: &str = "sandbox-app-key";

/// The signing key of the sandbox's whole installation.
const DEFAULT_KEY: &str = "sandbox-default-key";

/// The set-up of a [`Sandbox`](super::Sandbox). Every field has a default that works.
///
/// ```
/// use sanspay_testkit::sandbox::{DuplicateReferences, Sandbox, SandboxConfig};
/// let mut config = SandboxConfig::default();
/// config.seed = 7;
/// config.partner.duplicate_references = DuplicateReferences::Accept;
/// let sandbox = Sandbox::new(config);
/// # let _ = sandbox;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// All ids and tokens follow from it. Default: 0.
    pub seed: u64,
    /// Where the payer's pages are, and links to the next page for requests whose own URL does
    /// not say it: scheme, host and port without a path. Default: `http://127.0.0.1:8080`.
    pub public_url: String,
    /// The most bytes of a request body; more is answered by NGINX's 413. Default: 1 MiB, as
    /// NGINX's own.
    pub body_limit: usize,
    /// How many of the latest requests [`Sandbox::seen`](super::Sandbox::seen) keeps. Default:
    /// 10,000.
    pub seen_limit: usize,
    /// Whether the control routes below `/sandbox/` exist. Default: yes.
    pub control: bool,
    /// Names and addresses, without a port, under which clients on a socket may ask for it
    /// besides the loopback ones and the address that is bound; see [`Guard`](super::Guard).
    /// Default: none.
    pub hosts: Vec<String>,
    /// Names and addresses, without a port, that webhooks and notifications are delivered to
    /// besides loopback addresses; see [`Guard`](super::Guard). A name that is listed is trusted
    /// wherever it leads. Default: none.
    pub receivers: Vec<String>,
    /// The Qiaopay partner API.
    pub partner: PartnerConfig,
    /// The yzhan pay hosted checkout.
    pub checkout: CheckoutConfig,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            public_url: "http://127.0.0.1:8080".into(),
            body_limit: 1024 * 1024,
            seen_limit: 10_000,
            control: true,
            hosts: Vec::new(),
            receivers: Vec::new(),
            partner: PartnerConfig::default(),
            checkout: CheckoutConfig::default(),
        }
    }
}

/// The set-up of the partner provider. What the vendor's document leaves open is a switch here,
/// so that a client can be tested against each way in which the real server may behave.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PartnerConfig {
    /// The routes and header names.
    pub wire: Wire,
    /// The key id that gets a token. Default: one that clients accept on this machine only.
    pub key_id: Secret,
    /// The key secret that gets a token.
    pub key_secret: Secret,
    /// Whether requests need NGINX's `X-SSL-Client-Verify: SUCCESS` (the header is grade D).
    /// Default: no, as with `MTLS_ENABLED=false`.
    pub require_mtls: bool,
    /// The life of a token. Default: 1 hour (grade D).
    pub token_life: Duration,
    /// Whether a token answer says `expires_in`. Default: yes.
    pub expires_in: bool,
    /// The form of a token answer. Default: bare.
    pub token_shape: Shape,
    /// The form of the answer with one record. Default: in `data`.
    pub record_shape: Shape,
    /// The form of a list. Default: [`PageShape::Full`].
    pub page_shape: PageShape,
    /// Whether an idempotency key gets the first answer again. Default: no, because nobody may
    /// rely on it.
    pub idempotency: bool,
    /// What happens to a reference that is used twice. Default: refused.
    pub duplicate_references: DuplicateReferences,
    /// After what time a payment without an `expires_at` of its own expires. Default: 24 hours.
    pub payment_life: Duration,
    /// After what time a payout is paid by itself; with `None` only by hand. Default: 1 minute.
    pub payout_delay: Option<Duration>,
    /// Where webhooks go. Default: nowhere.
    pub webhook_url: Option<Uri>,
    /// How webhooks behave.
    pub webhooks: Webhooks,
}

impl Default for PartnerConfig {
    fn default() -> Self {
        Self {
            wire: Wire::default(),
            key_id: Secret::new(KEY_ID),
            key_secret: Secret::new(KEY_SECRET),
            require_mtls: false,
            token_life: Duration::from_secs(3600),
            expires_in: true,
            token_shape: Shape::Bare,
            record_shape: Shape::Data,
            page_shape: PageShape::Full,
            idempotency: false,
            duplicate_references: DuplicateReferences::Refuse,
            payment_life: Duration::from_secs(24 * 3600),
            payout_delay: Some(Duration::from_secs(60)),
            webhook_url: None,
            webhooks: Webhooks::default(),
        }
    }
}

impl PartnerConfig {
    /// The credentials that get a token, for the client under test.
    ///
    /// # Errors
    /// When a key was configured that no client accepts, see [`Credentials::new`].
    pub fn credentials(&self) -> Result<Credentials, Error> {
        Credentials::new(self.key_id.clone(), self.key_secret.clone())
    }
}

/// Whether a value is answered as it is or inside `{"data":…}` (both grade A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The value itself.
    Bare,
    /// `{"data":…}`.
    Data,
}

/// The form in which a list is answered (all grade A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageShape {
    /// `{"data":[…],"meta":{…},"links":{…}}`.
    Full,
    /// `{"data":[…],"meta":{…}}`.
    Meta,
    /// `{"data":[…],"links":{…}}`.
    Links,
    /// The array itself.
    Bare,
}

/// What happens to a second payment, or a second payout, with the same reference. Which of the
/// two the real server does is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateReferences {
    /// It is answered 409.
    Refuse,
    /// It is executed a second time: the server against which a client must never repeat blindly.
    Accept,
}

/// How webhooks behave: at least once and in no order (grade A). All of it can be changed while
/// the sandbox runs, see [`Sandbox::set_webhooks`](super::Sandbox::set_webhooks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Webhooks {
    /// How often one that is not answered 2xx is tried. Default: 6 times, waiting 10 seconds for
    /// an answer, the second one after 1 minute.
    pub attempts: Attempts,
    /// How many copies of each are sent. Default: 1.
    pub copies: u32,
    /// How late each is sent. Default: at once.
    pub delay: Duration,
    /// A further delay between zero and this, drawn for each anew, which puts webhooks out of
    /// order. Default: none.
    pub spread: Duration,
    /// Whether the event's name stands in `type` instead of `event`. Default: no.
    pub event_in_type: bool,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            attempts: Attempts::new(6, Duration::from_secs(10), Duration::from_secs(60)),
            copies: 1,
            delay: Duration::ZERO,
            spread: Duration::ZERO,
            event_in_type: false,
        }
    }
}

/// The set-up of the checkout provider.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckoutConfig {
    /// The merchants' apps. Default: `sandbox-app` with the key `sandbox-app-key`.
    pub apps: Vec<CheckoutApp>,
    /// The installation's own key, with which notifications and returns are signed (grade V);
    /// with `None` it is the app's own. Default: `sandbox-default-key`, so that it shows when a
    /// client mistakes one key for the other.
    pub default_key: Option<SigningKey>,
    /// The payment channels; the first of an environment is the one that the page offers first.
    /// Default: `1` Alipay in production and `2` in the sandbox environment, `11` and `12` the
    /// same for `PayPal`, `21` and `22` for Alipay Global.
    pub channels: Vec<CheckoutChannel>,
    /// In what the provider differs from its document. Default: in all, as the real server does.
    pub faults: BTreeSet<CheckoutFault>,
    /// How often a notification is tried. Default: 11 times, waiting 5 seconds for an answer,
    /// without a pause between (grade V).
    pub notifications: Attempts,
}

impl Default for CheckoutConfig {
    fn default() -> Self {
        let app = SigningKey::new(APP_KEY).map(|key| CheckoutApp::new("sandbox-app", key));
        Self {
            apps: app.into_iter().collect(),
            default_key: SigningKey::new(DEFAULT_KEY).ok(),
            channels: vec![
                CheckoutChannel::new("1", "Alipay", true),
                CheckoutChannel::new("2", "Alipay sandbox", false),
                CheckoutChannel::new("11", "PayPal", true).kind(ChannelKind::PayPal),
                CheckoutChannel::new("12", "PayPal sandbox", false).kind(ChannelKind::PayPal),
                CheckoutChannel::new("21", "Alipay Global", true).kind(ChannelKind::AlipayGlobal),
                CheckoutChannel::new("22", "Alipay Global sandbox", false)
                    .kind(ChannelKind::AlipayGlobal),
            ],
            faults: CheckoutFault::all(),
            notifications: Attempts::new(11, Duration::from_secs(5), Duration::ZERO),
        }
    }
}

/// An app that may send payers to the checkout.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckoutApp {
    /// Its id.
    pub app_id: String,
    /// The key with which it signs.
    pub key: SigningKey,
}

impl CheckoutApp {
    /// The app `app_id`, which signs with `key`.
    pub fn new(app_id: impl Into<String>, key: SigningKey) -> Self {
        Self {
            app_id: app_id.into(),
            key,
        }
    }
}

/// A way to pay on the checkout's page.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckoutChannel {
    /// What notifications call it (`channel_id`).
    pub id: String,
    /// What the payer reads.
    pub name: String,
    /// Whether it is offered in production, or else in the sandbox environment.
    pub production: bool,
    /// Whose channel it is. Default: [`ChannelKind::Alipay`].
    pub kind: ChannelKind,
}

/// Whose channel it is, which the real server's faults depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelKind {
    /// Alipay China, or another one that tells everything by notification and return.
    Alipay,
    /// `PayPal`: [`CheckoutFault::SilentPayPal`].
    PayPal,
    /// Alipay Global: [`CheckoutFault::MissingStatus`].
    AlipayGlobal,
}

impl CheckoutChannel {
    /// A channel of production, or else of the sandbox environment.
    pub fn new(id: impl Into<String>, name: impl Into<String>, production: bool) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            production,
            kind: ChannelKind::Alipay,
        }
    }

    /// Sets whose channel it is.
    #[must_use]
    pub fn kind(mut self, kind: ChannelKind) -> Self {
        self.kind = kind;
        self
    }
}
