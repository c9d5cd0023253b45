//! Clients that disconnect at random points.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::dice::Dice;
use crate::loopback::{Client, Version};
use crate::pages::{Page, sent};
use crate::tally;

/// The point at which a client disconnects.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leaves {
    Never,
    InHead,
    InBody,
    Waiting,
    Reading,
}

/// A client, with a connection if it has one now.
pub struct Visitor {
    pub address: SocketAddr,
    pub version: Version,
    pub dice: Dice,
    pub client: Option<Client>,
}

impl Visitor {
    /// Requests a random page, and disconnects at a random point.
    pub async fn visit(&mut self, number: u32) {
        let page = self.dice.pick(&Page::ALL);
        let leaves = self.leaves(page);
        if leaves == Leaves::InHead {
            return self.break_off_in_the_head(page, number).await;
        }
        let breaks_at = (leaves == Leaves::InBody).then(|| self.dice.roll(8));
        let mut client = match self.client.take() {
            Some(client) => client,
            None => Client::connect(self.address, self.version).await,
        };
        let request = request(page, number, breaks_at);
        match leaves {
            Leaves::Never => {
                self.stay(&mut client, page, request).await;
                tally::stayed(number, page);
            }
            Leaves::Reading => self.read_a_part(&mut client, request).await,
            _ => {
                let patience = Duration::from_micros(self.dice.roll(4000));
                drop(tokio::time::timeout(patience, client.send(request)).await);
            }
        }
        self.client = Some(client).filter(|_| self.keeps_the_connection(page, leaves));
    }

    fn leaves(&mut self, page: Page) -> Leaves {
        let leaves = self.dice.pick(&[
            Leaves::Never,
            Leaves::Never,
            Leaves::InHead,
            Leaves::InBody,
            Leaves::Waiting,
            Leaves::Reading,
        ]);
        match leaves {
            Leaves::Never if page == Page::Endless => Leaves::Reading,
            Leaves::InBody if !page.takes_a_body() => Leaves::Waiting,
            _ => leaves,
        }
    }

    /// HTTP/2 resets a stream, and sometimes closes the connection. HTTP/1.1 can only close the connection.
    fn keeps_the_connection(&mut self, page: Page, leaves: Leaves) -> bool {
        match self.version {
            Version::Http1 => leaves == Leaves::Never && !page.breaks_the_connection(),
            Version::Http2 => leaves == Leaves::Never || self.dice.roll(3) > 0,
        }
    }

    async fn stay(&self, client: &mut Client, page: Page, request: Request<Body>) {
        let answer = async { client.send(request).await?.into_body().collect().await };
        let answer = tokio::time::timeout(Duration::from_mins(1), answer).await.expect("an answer, or an error");
        assert!(answer.is_ok() || page.breaks_the_connection(), "{page:?}: {answer:?}");
    }

    async fn read_a_part(&mut self, client: &mut Client, request: Request<Body>) {
        let Ok(response) = client.send(request).await else { return };
        let (mut body, mut left) = (response.into_body(), self.dice.roll(30_000));
        while left > 0
            && let Some(Ok(frame)) = body.frame().await
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
    }

    async fn break_off_in_the_head(&mut self, page: Page, number: u32) {
        let head = match self.version {
            Version::Http1 => format!("GET {} HTTP/1.1\r\nhost: localhost\r\nx-request-id: {number}\r\n", page.path()),
            Version::Http2 => String::from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x20\x01"),
        };
        let part = usize::try_from(self.dice.roll(head.len() as u64)).unwrap();
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(&head.as_bytes()[..part]).await.ok();
    }
}

fn request(page: Page, number: u32, breaks_at: Option<u64>) -> Request<Body> {
    let (method, body) =
        if page.takes_a_body() { (Method::POST, sent(breaks_at)) } else { (Method::GET, Body::empty()) };
    let request = Request::builder().method(method).uri(page.path()).header("x-request-id", number);
    request.body(body).unwrap()
}
