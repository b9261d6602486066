//! Puts the shop on a socket, with both providers beside it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use sanspay_async::Client;
use sanspay_core::checkout::{SigningKey, Verifier};
use sanspay_core::printable;
use sanspay_testkit::sandbox::{Attempts, CheckoutChannel, Guard, SandboxConfig};
use sanspay_testkit::server;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::catalogue::{Item, teas};
use crate::store::Store;
use crate::{Failure, messages, orders, pages, partner};

/// How the shop is set up. The default listens on a free port and forgets everything at its end.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: SocketAddr,
    /// Names and addresses under which it may be asked for besides this machine's own.
    pub hosts: Vec<String>,
    /// The file of its orders; with `None` they are in memory. It has to be the shop's own: no link,
    /// and in a folder that not anybody may write to.
    pub database: Option<PathBuf>,
    /// What it sells.
    pub items: Vec<Item>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: server::FREE_PORT,
            hosts: Vec::new(),
            database: None,
            items: teas(),
        }
    }
}

/// A shop that listens, and the sandbox that it sells through. Dropping it stops both.
#[must_use = "dropping the shop stops it"]
#[derive(Debug)]
pub struct Shop {
    base_url: String,
    provider: server::Server,
    serving: JoinHandle<()>,
}

/// What every handler needs.
pub(crate) struct Inner {
    pub(crate) base_url: String,
    pub(crate) provider_url: String,
    pub(crate) items: Vec<Item>,
    pub(crate) store: Store,
    pub(crate) client: Client,
    pub(crate) app_key: SigningKey,
    pub(crate) verifier: Verifier,
}

pub(crate) type App = Arc<Inner>;

impl Shop {
    /// Starts it on the present runtime.
    ///
    /// # Errors
    /// When the address cannot be bound or the database not be opened.
    pub async fn start(config: Config) -> Result<Self, Failure> {
        let store = Store::open(config.database.as_deref())?;
        let listener = TcpListener::bind(config.address).await?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let mut providers = providers(&base_url)?;
        // The webhooks come to the shop, wherever it was told to listen.
        providers.receivers = vec![address.ip().to_string()];
        let provider = server::serve(providers, server::FREE_PORT).await?;
        let mut access = SandboxConfig::default();
        access.hosts = config.hosts;
        let access = Guard::new(&access, address.ip());
        let client = Client::builder()
            .base_url(provider.base_url())
            .credentials("sandbox-key-id", "sandbox-key-secret")
            .deadline(Duration::from_secs(8))
            .build()?;
        let app = Arc::new(Inner {
            base_url: base_url.clone(),
            provider_url: provider.base_url(),
            items: config.items,
            store,
            client,
            app_key: SigningKey::new("sandbox-app-key")?,
            // The provider signs with its installation's key, and not with the app's.
            verifier: Verifier::for_sandbox([SigningKey::new("sandbox-default-key")?])?,
        });
        let serving = axum::serve(listener, router(app, access)).into_future();
        let serving = tokio::spawn(async move {
            // It ends with an error never, and otherwise with the shop.
            let _ = serving.await;
        });
        Ok(Self {
            base_url,
            provider,
            serving,
        })
    }

    /// Where it listens, such as `http://127.0.0.1:8090`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The sandbox of both providers.
    pub fn provider(&self) -> &server::Server {
        &self.provider
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Both providers. The checkout has every fault of the real server, and more channels than the shop
/// allows.
fn providers(base_url: &str) -> Result<SandboxConfig, Failure> {
    let mut config = SandboxConfig::default();
    // The database outlives the sandbox: ids that were there before must not come again.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    config.seed = u64::try_from(now.as_nanos() & u128::from(u64::MAX))?;
    let card = CheckoutChannel::new("3", "Card (sandbox)", false);
    config.checkout.channels.push(card);
    config.partner.webhook_url = Some(format!("{base_url}/webhooks").parse()?);
    // Nobody waits a minute for the second attempt in a demonstration.
    let second = Duration::from_secs(1);
    config.partner.webhooks.attempts = Attempts::new(6, Duration::from_secs(10), second);
    config.partner.payout_delay = Some(Duration::from_secs(5));
    Ok(config)
}

fn router(app: App, access: Guard) -> Router {
    Router::new()
        .route("/", get(orders::products))
        .route("/buy", post(orders::buy))
        .route("/orders/{number}", get(orders::order))
        .route("/orders/{number}/pay", post(orders::pay_again))
        .route("/orders/{number}/cancelled", get(orders::cancelled))
        .route("/return", get(messages::browser_return))
        .route("/notify", post(messages::notification))
        .route("/partner", get(partner::page))
        .route(
            "/partner/payments",
            get(partner::page).post(partner::create_payment),
        )
        .route(
            "/partner/payouts",
            get(partner::page).post(partner::request_payout),
        )
        .route("/webhooks", post(partner::webhook))
        .fallback(async || orders::not_found())
        .layer(middleware::from_fn_with_state(access, guard))
        .with_state(app)
}

/// Refuses other hosts and the pages of other origins, as the sandbox does, and says what the shop's
/// pages may do.
async fn guard(State(access): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match access.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(barred) => {
            let page = pages::notice("Nothing was done", &format!("{barred}."));
            (barred.status(), page).into_response()
        }
    };
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, pages::POLICY.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A failure of the shop's own: the payer is told that there is one, and not which.
pub(crate) struct Oops(Failure);

#[expect(clippy::print_stderr, reason = "the log of an example")]
pub(crate) fn log(error: &Failure) {
    eprintln!("shop: {}", printable(&error.to_string()));
}

impl<E: Into<Failure>> From<E> for Oops {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Oops {
    fn into_response(self) -> Response {
        log(&self.0);
        let page = pages::notice(
            "Something went wrong",
            "It is not your fault. Try it again.",
        );
        (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
    }
}
