//! A server on loopback, and connections to it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use signals::web::SignalsLayer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server of axum whose end can be awaited.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    layer: SignalsLayer,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Serves an app under the layer.
    pub(crate) async fn of(app: Router) -> Self {
        let layer = SignalsLayer::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(listener, app.layer(layer.clone())).with_graceful_shutdown(async {
            stopped.await.ok();
        });
        Self { address, layer, stop, serving: tokio::spawn(async { serve.await }) }
    }

    /// Waits for the end of every request and of every receiver.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        let over = async {
            self.serving.await.unwrap().unwrap();
            self.layer.drain().await;
        };
        tokio::time::timeout(Duration::from_mins(1), over).await.expect("the server should come to its end");
    }
}

/// The protocol of a client.
#[derive(Clone, Copy)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// A client's connection. Dropping it cuts the connection.
pub(crate) struct Client {
    sender: Sender,
    connection: JoinHandle<()>,
}

enum Sender {
    Http1(hyper::client::conn::http1::SendRequest<Body>),
    Http2(hyper::client::conn::http2::SendRequest<Body>),
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Client {
    /// Connects to a server.
    pub(crate) async fn connect(address: SocketAddr, version: Version) -> Self {
        let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
        match version {
            Version::Http1 => {
                let (client, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
                Self { sender: Sender::Http1(client), connection: tokio::spawn(async { drop(connection.await) }) }
            }
            Version::Http2 => {
                let (client, connection) =
                    hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
                Self { sender: Sender::Http2(client), connection: tokio::spawn(async { drop(connection.await) }) }
            }
        }
    }

    /// Sends a request over the connection.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        request.headers_mut().insert("host", "localhost".parse().unwrap());
        match &mut self.sender {
            Sender::Http1(client) => {
                client.ready().await?;
                client.send_request(request).await
            }
            Sender::Http2(client) => {
                *request.uri_mut() = format!("http://localhost{}", request.uri()).parse().unwrap();
                client.send_request(request).await
            }
        }
    }

    /// Sends a request and returns the whole response.
    pub(crate) async fn whole(&mut self, request: Request<Body>) -> (StatusCode, hyper::Result<Bytes>) {
        let response = self.send(request).await.unwrap();
        (response.status(), response.into_body().collect().await.map(http_body_util::Collected::to_bytes))
    }
}
