//! An app with its server and hyper clients on the same threads.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const CONNECTIONS: u32 = 32;

/// The number of servers that alternate, because one with an unlucky memory layout is slower in every round.
const SERVERS: usize = 8;

/// Clients that keep their connections, separately for each server.
pub struct Crowd {
    clients: [Vec<SendRequest<Body>>; SERVERS],
    turn: usize,
    path: &'static str,
}

impl Crowd {
    /// Serves an app, and connects to it.
    pub async fn around(app: Router, path: &'static str) -> Self {
        let mut clients = [const { Vec::new() }; SERVERS];
        for clients in &mut clients {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let app = app.clone();
            tokio::spawn(async { axum::serve(listener, app).await });
            for _ in 0..CONNECTIONS {
                clients.push(connect(address).await);
            }
        }
        Self { clients, turn: 0, path }
    }

    /// Sends this number of requests to the next server.
    pub async fn ask(&mut self, times: u32) {
        self.turn = (self.turn + 1) % SERVERS;
        let clients = &mut self.clients[self.turn];
        let shares = (0..CONNECTIONS).map(|which| (times + which) / CONNECTIONS);
        let asking = clients.drain(..).zip(shares);
        let mut asking: JoinSet<_> = asking.map(|(client, times)| ask(client, self.path, times)).collect();
        while let Some(client) = asking.join_next().await {
            clients.push(client.unwrap());
        }
    }
}

async fn connect(address: SocketAddr) -> SendRequest<Body> {
    let connection = TcpStream::connect(address).await.unwrap();
    let (client, connection) = handshake(TokioIo::new(connection)).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn ask(mut client: SendRequest<Body>, path: &str, times: u32) -> SendRequest<Body> {
    for _ in 0..times {
        client.ready().await.unwrap();
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        let response = client.send_request(request).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    client
}
