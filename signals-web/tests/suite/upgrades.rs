//! Connections that are upgraded.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use signals::web::RequestOutcome::Completed;
use tokio_tungstenite::tungstenite::{Message as Sent, client::IntoClientRequest as _};

use crate::loopback::Server;
use crate::recorded::{flight, recorded};

#[tokio::test]
async fn a_websocket_is_finished_with_its_handshake_and_goes_on() {
    let echo = |upgrade: WebSocketUpgrade| async {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                socket.send(Message::Text(text)).await.ok();
            }
        })
    };
    let (server, id) = (Server::of(Router::new().route("/socket", get(echo))).await, "upgrades-socket");
    let mut request = format!("ws://{}/socket", server.address).into_client_request().unwrap();
    request.headers_mut().insert("x-request-id", id.parse().unwrap());
    let (mut socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(response.status(), 101);
    // The server may still be at the end of the handshake when its answer is here.
    let finished = async {
        while recorded(id).len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), finished).await.expect("the handshake ends the request");
    for text in ["one", "two"] {
        socket.send(Sent::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Sent::text(text));
        assert_eq!(recorded(id), flight("/socket", Some(101), 0, Completed));
    }
    socket.close(None).await.unwrap();
    drop(socket);
    server.stop().await;
    assert_eq!(recorded(id).len(), 2);
}
