//! Headless Chromium, driven over `WebDriver`, which is JSON over HTTP.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

/// The name of an element's id in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser. It ends with its driver.
pub struct Chromium {
    driver: Child,
    session: String,
    /// The folder of its files.
    _folder: TempDir,
}

impl Chromium {
    /// Starts a browser. Returns `None` without chromedriver.
    pub async fn start() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = match command.env("TMPDIR", folder.path()).env("XDG_CONFIG_HOME", folder.path()).spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            driver => driver.unwrap(),
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line =
            lines.find(|line| line.contains("successfully on port ")).expect("chromedriver says where it listens");
        let port = line.trim_end_matches('.').rsplit(' ').next().unwrap();
        let mut browser = Self { driver, session: format!("http://127.0.0.1:{port}/session"), _folder: folder };
        // A container may have no sandbox and little shared memory.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        let options = json!({ "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } });
        let session = browser.ask(Method::POST, "", &json!({ "capabilities": options })).await.unwrap();
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    pub async fn open(&self, url: &str) {
        self.ask(Method::POST, "/url", &json!({ "url": url })).await.unwrap();
    }

    /// Waits until an element's visible text contains this text: a click does not wait for the next page.
    pub async fn sees(&self, css: &str, part: &str) {
        let mut seen = Ok(String::new());
        for _ in 0..2400 {
            seen = self.text(css).await;
            if seen.as_ref().is_ok_and(|text| text.contains(part)) {
                return;
            }
            sleep(Duration::from_millis(25)).await;
        }
        panic!("`{css}` should say `{part}`, and says {seen:#?}");
    }

    async fn text(&self, css: &str) -> Result<String, Value> {
        let element = self.find(css).await?;
        let text = self.ask(Method::GET, &format!("{element}/text"), &Value::Null).await?;
        Ok(text.as_str().unwrap().to_owned())
    }

    pub async fn click(&self, css: &str) {
        let element = self.find(css).await.unwrap();
        self.ask(Method::POST, &format!("{element}/click"), &json!({})).await.unwrap();
    }

    pub async fn r#type(&self, css: &str, text: &str) {
        let element = self.find(css).await.unwrap();
        self.ask(Method::POST, &format!("{element}/value"), &json!({ "text": text })).await.unwrap();
    }

    /// Returns the result of a script.
    pub async fn run(&self, script: &str) -> Value {
        self.ask(Method::POST, "/execute/sync", &json!({ "script": script, "args": [] })).await.unwrap()
    }

    /// Shows the page in a window of this size, in the light or the dark scheme.
    pub async fn look(&self, (width, height): (u32, u32), scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.control("Emulation.setEmulatedMedia", &media).await;
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.control("Emulation.setDeviceMetricsOverride", &size).await;
    }

    /// Saves a screenshot in `target/tmp`.
    pub async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("web");
        fs::create_dir_all(&folder).unwrap();
        let picture = self.ask(Method::GET, "/screenshot", &Value::Null).await.unwrap();
        fs::write(folder.join(format!("{name}.png")), STANDARD.decode(picture.as_str().unwrap()).unwrap()).unwrap();
    }

    /// Returns the path of an element.
    async fn find(&self, css: &str) -> Result<String, Value> {
        let element = self.ask(Method::POST, "/element", &json!({ "using": "css selector", "value": css })).await?;
        Ok(format!("/element/{}", element[ELEMENT].as_str().unwrap()))
    }

    /// Sends a command of Chromium's own.
    async fn control(&self, command: &str, parameters: &Value) {
        self.ask(Method::POST, "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await.unwrap();
    }

    /// Returns the answer of the driver, or its error.
    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, Value> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.session));
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request.body(body).unwrap()).await.unwrap();
        let (is_success, body) = (response.status().is_success(), Body::new(response.into_body()));
        let mut answer: Value = serde_json::from_slice(&to_bytes(body, 1 << 26).await.unwrap()).unwrap();
        let value = answer["value"].take();
        if is_success { Ok(value) } else { Err(value) }
    }
}

impl Drop for Chromium {
    /// Ends the browser, which would outlive its driver.
    fn drop(&mut self) {
        if let Some((address, path)) = self.session.trim_start_matches("http://").split_once('/')
            && let Ok(mut driver) = TcpStream::connect(address)
        {
            write!(driver, "DELETE /{path} HTTP/1.1\r\nhost: {address}\r\n\r\n").ok();
            // The answer is sent after the end of the browser.
            driver.set_read_timeout(Some(Duration::from_secs(10))).ok();
            driver.read_exact(&mut [0; 1]).ok();
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}
