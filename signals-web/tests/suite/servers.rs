//! Servers on loopback: axum and plain hyper, HTTP/1.1 and HTTP/2, clients that stay and clients that leave.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response as AxumResponse};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::{StreamExt as _, stream};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use signals::web::{RequestOutcome, RequestOutcome::*, ServerError, SignalsLayer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, service_fn};

use crate::loopback::{Client, Server, Version};
use crate::recorded::{Recorded, chunks, exception, flight, recorded, request};

/// An error of an application.
struct Broken;

impl IntoResponse for Broken {
    fn into_response(self) -> AxumResponse {
        let cause = Extension(ServerError::new(std::io::Error::other("disk full")));
        (StatusCode::INTERNAL_SERVER_ERROR, cause, "Something went wrong").into_response()
    }
}

fn app() -> Router {
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/chunks", get(|| async { chunks(1000, None) }))
        .route("/torn", get(|| async { chunks(2, Some("torn")) }))
        .route("/broken", get(|| async { Err::<(), _>(Broken) }))
        .route("/panic", get(|| async { panic!("in the handler") as &'static str }))
        .route("/never", get(|| async { pending::<&'static str>().await }))
        .route("/endless", get(|| async { endless() }))
        .route("/upload", post(|body: Bytes| async { body }))
}

/// Returns a body with one chunk and no end.
fn endless() -> Response<Body> {
    let first = stream::iter([Ok::<_, Infallible>("abc")]);
    Response::new(Body::from_stream(first.chain(stream::pending())))
}

const BOTH: [(Version, &str); 2] = [(Version::Http1, "servers-h1"), (Version::Http2, "servers-h2")];

// H160
#[tokio::test]
async fn each_request_of_a_connection_is_started_and_finished() {
    for (version, name) in BOTH {
        let server = Server::of(app()).await;
        let mut client = Client::connect(server.address, version).await;
        let ids = ["a", "b", "c"].map(|id| format!("{name}-{id}"));
        let paths = [("/hello", 200, 5), ("/chunks", 200, 3000), ("/nowhere", 404, 0)];
        for (id, (path, status, length)) in ids.iter().zip(paths) {
            let (answered, body) = client.whole(request(path, id)).await;
            assert_eq!((answered.as_u16(), body.unwrap().len()), (status, length));
        }
        drop(client);
        server.stop().await;
        for (id, (path, status, length)) in ids.iter().zip(paths) {
            assert_eq!(recorded(id), flight(path, Some(status), length as u64, Completed));
        }
    }
}

// H168
#[tokio::test]
async fn a_handlers_error_reaches_receivers_and_not_the_client() {
    for (version, name) in BOTH {
        let (server, id) = (Server::of(app()).await, format!("{name}-broken"));
        let mut client = Client::connect(server.address, version).await;
        let (status, body) = client.whole(request("/broken", &id)).await;
        assert_eq!((status.as_u16(), &*body.unwrap()), (500, &b"Something went wrong"[..]));
        drop(client);
        server.stop().await;
        assert_eq!(recorded(&id), exception("/broken", "disk full", Some(500), 20, Completed));
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_reported_though_its_connection_breaks() {
    for (version, name) in BOTH {
        let (server, id) = (Server::of(app()).await, format!("{name}-panic"));
        let mut client = Client::connect(server.address, version).await;
        assert!(client.send(request("/panic", &id)).await.is_err());
        drop(client);
        server.stop().await;
        assert_eq!(recorded(&id), exception("/panic", "in the handler", None, 0, Panicked));
    }
}

#[tokio::test]
async fn a_body_that_breaks_has_failed() {
    for (version, name) in BOTH {
        let (server, id) = (Server::of(app()).await, format!("{name}-torn"));
        let mut client = Client::connect(server.address, version).await;
        // If the error comes before the head is written, there is no response at all.
        if let Ok(response) = client.send(request("/torn", &id)).await {
            assert!(response.into_body().collect().await.is_err());
        }
        drop(client);
        server.stop().await;
        assert_eq!(recorded(&id), flight("/torn", Some(200), 6, Failed));
    }
}

/// Sends a request and waits until it is started.
async fn start(client: &mut Client, request: Request<Body>, id: &str) {
    let started = async {
        while recorded(id).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! { _ = client.send(request) => panic!("there should be no answer"), () = started => {} }
}

/// Requests a path, and disconnects when the handler runs or the first chunk arrives.
async fn leave(path: &str, version: Version, id: &str, status: Option<u16>, bytes: u64) {
    let server = Server::of(app()).await;
    let mut client = Client::connect(server.address, version).await;
    if status.is_some() {
        let mut body = client.send(request(path, id)).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
    } else {
        start(&mut client, request(path, id), id).await;
    }
    drop(client);
    server.stop().await;
    assert_eq!(recorded(id), flight(path, status, bytes, RequestOutcome::Aborted));
}

// H163
#[tokio::test]
async fn a_client_that_leaves_aborts_its_request() {
    for (version, name) in BOTH {
        leave("/never", version, &format!("{name}-never"), None, 0).await;
        leave("/endless", version, &format!("{name}-endless"), Some(200), 3).await;
    }
}

// H164: the server may let the handler answer what is left of the body, or drop it.
#[tokio::test]
async fn a_client_that_leaves_in_its_own_body_ends_its_request_too() {
    for (version, name) in BOTH {
        let (server, id) = (Server::of(app()).await, format!("{name}-upload"));
        let mut client = Client::connect(server.address, version).await;
        let mut upload = request("/upload", &id).map(|_| endless().into_body());
        *upload.method_mut() = http::Method::POST;
        start(&mut client, upload, &id).await;
        drop(client);
        server.stop().await;
        let recorded = recorded(&id);
        assert!(matches!(recorded[..], [Recorded::Started(_), Recorded::Finished(..)]), "{recorded:?}");
    }
}

// H164
#[tokio::test]
async fn what_the_server_refuses_as_malformed_is_told_to_nobody() {
    let (server, id) = (Server::of(app()).await, "servers-malformed");
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let malformed = format!("GET /he llo HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\n\r\n");
    connection.write_all(malformed.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    server.stop().await;
    assert_eq!(recorded(id), []);
}

// H163
#[tokio::test]
async fn a_stream_of_http2_that_is_reset_ends_its_request_and_not_the_connection() {
    let (server, name) = (Server::of(app()).await, "servers-reset");
    let mut client = Client::connect(server.address, Version::Http2).await;
    let mut body = client.send(request("/endless", &format!("{name}-1"))).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().is_ok());
    drop(body);
    assert_eq!(client.whole(request("/hello", &format!("{name}-2"))).await.0, 200);
    drop(client);
    server.stop().await;
    assert_eq!(recorded(&format!("{name}-1")), flight("/endless", Some(200), 3, Aborted));
    assert_eq!(recorded(&format!("{name}-2")), flight("/hello", Some(200), 5, Completed));
}

#[tokio::test]
async fn a_head_request_is_completed() {
    for (version, name) in BOTH {
        let (server, id) = (Server::of(app()).await, format!("{name}-head"));
        let mut client = Client::connect(server.address, version).await;
        let mut head = request("/chunks", &id);
        *head.method_mut() = http::Method::HEAD;
        assert_eq!(client.send(head).await.unwrap().status(), 200);
        drop(client);
        server.stop().await;
        assert_eq!(recorded(&id), flight("/chunks", Some(200), 0, Completed));
    }
}

#[tokio::test]
async fn a_service_of_plain_hyper_sends_the_signals_too() {
    let layer = SignalsLayer::new();
    let service = layer.layer(service_fn(|request: Request<Incoming>| async move {
        match request.uri().path() {
            "/fails" => Err(std::io::Error::other("the service gives up")),
            _ => Ok(chunks(2, None)),
        }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        for _ in 0..2 {
            let io = TokioIo::new(listener.accept().await.unwrap().0);
            let service = TowerToHyperService::new(service.clone());
            hyper_util::server::conn::auto::Builder::new(TokioExecutor::new()).serve_connection(io, service).await.ok();
        }
    });
    for (version, name) in BOTH {
        let mut client = Client::connect(address, version).await;
        assert_eq!(client.whole(request("/", &format!("{name}-hyper"))).await.1.unwrap(), "abcabc");
        assert!(client.send(request("/fails", &format!("{name}-fails"))).await.is_err());
    }
    serving.await.unwrap();
    layer.drain().await;
    for (_, name) in BOTH {
        assert_eq!(recorded(&format!("{name}-hyper")), flight("/", Some(200), 6, Completed));
        let failed = exception("/fails", "the service gives up", None, 0, Failed);
        assert_eq!(recorded(&format!("{name}-fails")), failed);
    }
}

// H162
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_that_break_off_anywhere_as_many_are_finished_as_were_started() {
    let server = Server::of(app()).await;
    let paths = ["/hello", "/chunks", "/torn", "/broken", "/panic", "/never", "/endless"];
    let clients = (0..140_u64).map(|number| {
        let address = server.address;
        tokio::spawn(async move {
            let version = if number % 2 == 0 { Version::Http1 } else { Version::Http2 };
            let (id, path) = (format!("servers-many-{number}"), paths[(number % 7) as usize]);
            let whole = async {
                let mut client = Client::connect(address, version).await;
                if let Ok(response) = client.send(request(path, &id)).await {
                    response.into_body().collect().await.ok();
                }
            };
            // One of them, of `/hello`, is started on a slow machine too.
            let patience = match number {
                133 => Duration::from_secs(10),
                _ => Duration::from_micros(number * 997 % 100_000),
            };
            tokio::time::timeout(patience, whole).await.ok();
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    server.stop().await;
    let all = (0..140).map(|number| recorded(&format!("servers-many-{number}"))).filter(|all| !all.is_empty());
    let mut started = 0;
    for all in all {
        let count = |is: fn(&&Recorded) -> bool| all.iter().filter(is).count();
        assert_eq!(count(|recorded| matches!(recorded, Recorded::Started(_))), 1, "{all:?}");
        assert_eq!(count(|recorded| matches!(recorded, Recorded::Finished(..))), 1, "{all:?}");
        assert!(matches!(all.last(), Some(Recorded::Finished(..))), "{all:?}");
        started += 1;
    }
    assert!(started > 0);
}
