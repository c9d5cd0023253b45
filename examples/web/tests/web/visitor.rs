//! A client that speaks HTTP and remembers a cookie.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::sleep;

/// The password of every visitor.
pub const PASSWORD: &str = "correct horse battery";

/// A client of a site.
#[derive(Clone)]
pub struct Visitor {
    address: SocketAddr,
    pub cookie: Option<String>,
}

/// The response of a site.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Asserts that it redirects the browser to the home page.
    #[track_caller]
    pub fn leads_home(&self) {
        assert_eq!((self.status, self.header(LOCATION.as_str())), (303, "/"), "{self:#?}");
    }

    /// Asserts a status, and that the page contains each of these texts.
    #[track_caller]
    pub fn says(&self, status: u16, parts: &[&str]) {
        assert_eq!(self.status, status, "{self:#?}");
        for part in parts {
            assert!(self.text.contains(part), "the page lacks `{part}`:\n{}", self.text);
        }
    }

    /// Returns a header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Visitor {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send(Method::POST, path, Body::from(pairs.join("&"))).await
    }

    pub async fn sign_up(&mut self, name: &str) -> Answer {
        self.post("/sign-up", &[("name", name), ("password", PASSWORD)]).await
    }

    pub async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/log-in", &[("name", name), ("password", password)]).await
    }

    pub async fn log_out(&mut self) {
        self.post("/log-out", &[]).await.leads_home();
    }

    /// Waits for the first row of the lists that contains all of these texts, and returns it: receivers write
    /// when a request has ended.
    pub async fn row(&mut self, parts: &[&str]) -> String {
        for _ in 0..600 {
            let page = self.get("/").await;
            page.says(200, &["<tbody>", "<ol"]);
            if let Some(row) = rows(&page.text).find(|row| parts.iter().all(|part| row.contains(part))) {
                return row.to_owned();
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("no row has {parts:?}:\n{}", self.get("/").await.text);
    }

    async fn send(&mut self, method: Method, path: &str, body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = answer(client.request(request.body(body).unwrap()).await.unwrap().map(Body::new)).await;
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            // An empty value removes the cookie.
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        answer
    }
}

/// Reads a response to its end.
async fn answer(response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().into()).unwrap();
    Answer { status: head.status.as_u16(), headers: head.headers, text }
}

/// Returns the rows of the lists on a page.
pub fn rows(page: &str) -> impl Iterator<Item = &str> {
    let of = |tag| page.split(tag).skip(1).map(|row| row.split("</tr>").next().unwrap_or_default());
    of("<tr>").chain(of("<li>"))
}

/// Encodes a value as a form does.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}
