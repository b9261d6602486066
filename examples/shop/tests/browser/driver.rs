//! A headless Chromium of its own for each test, through chromedriver.

use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long anything may take that is waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A browser window, and the driver that it hangs on.
pub(crate) struct Browser {
    pub(crate) client: Client,
    _driver: Child,
}

/// A command of Chromium's own, beside the standard ones.
#[derive(Debug)]
struct Chromium(&'static str, Value);

impl WebDriverCompatibleCommand for Chromium {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    /// Starts one; `None` where there is no chromedriver.
    pub(crate) async fn start() -> Option<Self> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("chromedriver says its port");
            let port = line.split("started successfully on port ").nth(1);
            if let Some(port) = port {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Its pipe must not fill up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1100,900",
            "--lang=en",
            "--hide-scrollbars",
        ];
        let capabilities = json!({
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        Some(Self {
            client: client.unwrap(),
            _driver: driver,
        })
    }

    /// Ends the browser, and with it its fresh profile.
    pub(crate) async fn stop(self) {
        self.client.close().await.unwrap();
    }

    async fn chromium(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Chromium(path, body)).await.unwrap()
    }

    /// A command of the `DevTools` protocol.
    pub(crate) async fn devtools(&self, name: &str, parameters: Value) -> Value {
        let body = json!({"cmd": name, "params": parameters});
        self.chromium("goog/cdp/execute", body).await
    }

    /// What the console said since the last time.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.chromium("se/log", json!({"type": "browser"})).await;
        let entries = entries.as_array().unwrap();
        entries
            .iter()
            .map(|entry: &Value| format!("{}: {}", entry["level"], entry["message"]))
            .collect()
    }

    /// As on a phone of this width, or as the window is.
    pub(crate) async fn width(&self, width: Option<u32>) {
        match width {
            Some(width) => {
                let screen =
                    json!({"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": false});
                self.devtools("Emulation.setDeviceMetricsOverride", screen)
                    .await;
            }
            None => {
                self.devtools("Emulation.clearDeviceMetricsOverride", json!({}))
                    .await;
            }
        }
    }

    /// As for a user who wants it `light` or `dark`.
    pub(crate) async fn scheme(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The text that a user sees.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The button or link whose text begins like this.
    pub(crate) async fn find(&self, label: &str) -> Option<Element> {
        let path = format!(
            "//*[self::button or self::a or self::summary][starts-with(normalize-space(.), \"{label}\")]"
        );
        self.client.find(Locator::XPath(&path)).await.ok()
    }

    pub(crate) async fn click(&self, label: &str) {
        let Some(element) = self.find(label).await else {
            panic!("nothing to click says {label}: {}", self.text().await)
        };
        element.click().await.unwrap();
    }

    /// Waits until the page shows the text.
    pub(crate) async fn shows(&self, text: &str) {
        let end = Instant::now() + DEADLINE;
        loop {
            // While the browser goes from page to page there is nothing to ask.
            let seen = self
                .client
                .execute("return document.body?.innerText ?? ''", Vec::new());
            let seen = seen.await.unwrap_or_default();
            if seen.as_str().unwrap_or_default().contains(text) {
                return;
            }
            assert!(Instant::now() < end, "{text} is not shown: {seen}");
        }
    }
}
