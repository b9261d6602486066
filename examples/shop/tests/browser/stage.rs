//! A shop and a browser for one flow, and what must hold on every page of it.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use sanspay_shop::{Config, Shop};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::driver::{Browser, DEADLINE};

/// Where `.ci/install-chromium` puts it.
const AXE: &str = concat!(
    env!("CARGO_TARGET_TMPDIR"),
    "/browser/node_modules/axe-core/axe.min.js"
);

/// What no page may hold.
const SECRETS: [&str; 4] = [
    "sandbox-app-key",
    "sandbox-default-key",
    "sandbox-key-secret",
    "Bearer ",
];

/// The most bytes of a page.
const WEIGHT: u64 = 50_000;

pub(crate) struct Stage {
    pub(crate) shop: Shop,
    pub(crate) browser: Browser,
    axe: Option<String>,
}

type Flow = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Plays one flow in the shop as it is.
pub(crate) async fn play(flow: impl FnOnce(Arc<Stage>) -> Flow + Send + 'static) {
    play_in(Config::default(), flow).await;
}

/// Plays one flow. Without Chromium it says that it was skipped, unless it is required.
pub(crate) async fn play_in(
    config: Config,
    flow: impl FnOnce(Arc<Stage>) -> Flow + Send + 'static,
) {
    let required = std::env::var_os("SANSPAY_REQUIRE_CHROMIUM").is_some();
    let axe = std::fs::read_to_string(Path::new(AXE)).ok();
    assert!(
        axe.is_some() || !required,
        "axe-core is required: .ci/install-chromium"
    );
    let Some(browser) = Browser::start().await else {
        assert!(!required, "Chromium is required: .ci/install-chromium");
        eprintln!("skipped: there is no chromedriver");
        return;
    };
    if axe.is_none() {
        eprintln!("skipped: the accessibility check, because there is no axe-core");
    }
    let shop = Shop::start(config).await.unwrap();
    let stage = Arc::new(Stage { shop, browser, axe });
    let done = tokio::spawn(flow(Arc::clone(&stage))).await;
    // The browser ends whatever came of the flow. What the console said is looked at once more,
    // because not every page of a flow is checked.
    let stage = Arc::into_inner(stage).expect("the flow is over");
    let said = stage.browser.console().await;
    stage.browser.stop().await;
    if let Err(panic) = done {
        std::panic::resume_unwind(panic.into_panic());
    }
    assert_eq!(said, Vec::<String>::new(), "the console says something");
}

impl Stage {
    /// From the shop's first page to the checkout of an item.
    pub(crate) async fn order(&self, button: &str) {
        self.browser.open(self.shop.base_url()).await;
        self.browser.click(button).await;
        self.browser.shows("yzhan pay").await;
    }

    /// The number of the only order that this flow has, as the checkout page shows it.
    pub(crate) async fn number_at_checkout(&self) -> String {
        let number = "return document.querySelector('dl dd').textContent";
        self.browser.run(number).await.as_str().unwrap().to_owned()
    }

    /// Chooses a way to pay on the checkout's page, by its label.
    pub(crate) async fn choose(&self, channel: &str) {
        self.browser.shows(channel).await;
        let choose = format!(
            "const all = [...document.querySelectorAll('.choice')];
            all.find(choice => choice.textContent.trim() === '{channel}').click()"
        );
        self.browser.run(&choose).await;
    }

    /// Waits until the provider has nothing more to say.
    pub(crate) async fn all_delivered(&self) {
        let provider = self.shop.provider();
        let end = Instant::now() + DEADLINE;
        while provider.with(|sandbox, _| sandbox.pending_deliveries()) > 0 {
            assert!(Instant::now() < end, "a notification is still on its way");
            tokio::task::yield_now().await;
        }
    }

    /// One notification of the payment, once everything is delivered.
    pub(crate) async fn told_once(&self, number: &str) {
        self.all_delivered().await;
        assert_eq!(self.in_drawer(number, "Notification: accepted").await, 1);
        // The same one a second time would say how often it came.
        assert_eq!(self.in_drawer(number, "Notification: accepted (").await, 0);
    }

    pub(crate) fn order_url(&self, number: &str) -> String {
        format!("{}/orders/{number}", self.shop.base_url())
    }

    /// What must hold on every page: accessible in light and dark and on a narrow screen, light
    /// in weight, complete in one request, quiet, and without a secret.
    pub(crate) async fn check(&self) {
        self.check_but_for(0).await;
    }

    /// The page was answered 400 or 404 on purpose, of which the browser makes a note.
    pub(crate) async fn check_refusal(&self) {
        self.check_but_for(1).await;
    }

    async fn check_but_for(&self, notes: usize) {
        let browser = &self.browser;
        let url = browser.url().await;
        let said = browser.console().await;
        let itself = url.split('?').next().unwrap();
        assert!(
            said.len() == notes
                && said.iter().all(|line: &String| {
                    line.contains(itself)
                        && line.contains("the server responded with a status of 4")
                }),
            "{url}: {said:?}"
        );
        let page = "const [page] = performance.getEntriesByType('navigation');
            const parts = performance.getEntriesByType('resource');
            return [page.decodedBodySize, parts.filter(p => p.initiatorType != 'fetch').map(p => p.name)]";
        let page = browser.run(page).await;
        let weight = page[0].as_u64().unwrap();
        assert!((1..WEIGHT).contains(&weight), "{url} weighs {weight}");
        assert_eq!(
            page[1],
            serde_json::json!([]),
            "{url} is not complete by itself"
        );
        let source = browser.client.source().await.unwrap();
        for secret in SECRETS {
            assert!(!source.contains(secret), "{url} shows a secret");
        }
        for scheme in ["light", "dark"] {
            browser.scheme(scheme).await;
            self.accessible(scheme, &url).await;
        }
        browser.scheme("light").await;
        browser.width(Some(320)).await;
        let wide = browser
            .run("return document.documentElement.scrollWidth")
            .await;
        assert!(wide.as_u64().unwrap() <= 320, "{url} is {wide} wide");
        self.accessible("narrow", &url).await;
        browser.width(None).await;
    }

    async fn accessible(&self, how: &str, url: &str) {
        let Some(axe) = &self.axe else { return };
        // Injected by the driver, past the page's own policy; once for each page.
        let client = &self.browser.client;
        if self.browser.run("return typeof axe").await == "undefined" {
            client.execute(axe, Vec::new()).await.unwrap();
        }
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, {resultTypes: ['violations']})
                .then(found => done(found.violations.map(v => [v.id, v.nodes.map(n => n.html + ' ' + n.failureSummary)])))
                .catch(error => done(String(error)))";
        let found: Value = client.execute_async(run, Vec::new()).await.unwrap();
        assert_eq!(found, serde_json::json!([]), "{url}, {how}");
    }

    /// Waits until the shop's own page of the order says so, without the browser.
    pub(crate) async fn shop_says(&self, number: &str, text: &str) {
        let url = self.order_url(number);
        let end = Instant::now() + DEADLINE;
        loop {
            let page = send("GET", &url, "").await;
            if page.contains(text) {
                return;
            }
            assert!(Instant::now() < end, "the shop does not say {text}: {page}");
            tokio::task::yield_now().await;
        }
    }

    /// How many messages of this kind the developer's drawer shows.
    pub(crate) async fn in_drawer(&self, number: &str, heading: &str) -> usize {
        let page = send("GET", &self.order_url(number), "").await;
        page.matches(heading).count()
    }
}

/// One request over a connection of its own; the whole answer as text.
pub(crate) async fn send(method: &str, url: &str, body: &str) -> String {
    let url: url::Url = url.parse().unwrap();
    let address = format!("127.0.0.1:{}", url.port().unwrap());
    let target = &url[url::Position::BeforePath..];
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
