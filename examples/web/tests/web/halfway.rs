//! A request of which only a part was sent.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::visitor::PASSWORD;

/// A log-in whose head was sent. A handler has it, under all layers, and waits for the body.
pub struct Halfway {
    client: TcpStream,
    body: String,
}

impl Halfway {
    pub fn log_in(address: SocketAddr, cookie: Option<&str>) -> Self {
        let mut client = TcpStream::connect(address).unwrap();
        let body = format!("name=ann&password={}", PASSWORD.replace(' ', "+"));
        write!(
            client,
            "POST /log-in HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\nconnection: close\r\nexpect: 100-continue\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            cookie.unwrap_or("none=none"),
            body.len(),
        )
        .unwrap();
        let mut answer = [0; 25];
        client.read_exact(&mut answer).unwrap();
        // The server sends this only when the body is first polled.
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { client, body }
    }

    /// Sends the rest, and reads the response.
    pub fn go_on(mut self) -> String {
        write!(self.client, "{}", self.body).unwrap();
        let mut answer = String::new();
        self.client.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends the rest, and disconnects while the password is being verified.
    pub fn leave(mut self) {
        write!(self.client, "{}", self.body).unwrap();
    }
}
