//! A gRPC service of tonic, whose responses end with trailers.

use std::time::Duration;

use signals::web::{RequestOutcome::*, SignalsLayer};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::{HealthReporter, health_reporter};

use crate::recorded::{Recorded, flight, recorded};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// The size of a message of these services: five bytes of gRPC, and the status.
const MESSAGE: u64 = 7;

/// Tonic's health service under the layer, and a client of it.
struct Grpc {
    client: HealthClient<Channel>,
    reporter: HealthReporter,
    layer: SignalsLayer,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Grpc {
    async fn serve() -> Self {
        let (reporter, service) = health_reporter();
        let layer = SignalsLayer::new();
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", incoming.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server::builder().layer(layer.clone()).add_service(service);
        let serving = tokio::spawn(server.serve_with_incoming_shutdown(incoming, async { drop(stopped.await) }));
        let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
        Self { client: HealthClient::new(channel), reporter, layer, stop, serving }
    }

    /// Waits for the end of every call and of every receiver.
    async fn stop(self) {
        let Self { client, layer, stop, serving, .. } = self;
        drop(client);
        stop.send(()).unwrap();
        let over = async {
            serving.await.unwrap().unwrap();
            layer.drain().await;
        };
        tokio::time::timeout(Duration::from_mins(1), over).await.expect("the server should come to its end");
    }
}

/// Requests the health of a service.
fn health_of(service: &str, id: &str) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
    request.metadata_mut().insert("x-request-id", id.parse().unwrap());
    request
}

#[tokio::test]
async fn a_unary_call_is_completed_with_its_trailers() {
    let (mut grpc, id) = (Grpc::serve().await, "grpc-unary");
    let health = grpc.client.check(health_of("", id)).await.unwrap().into_inner();
    assert_eq!(health.status, 1);
    grpc.stop().await;
    assert_eq!(recorded(id), flight(CHECK, Some(200), MESSAGE, Completed));
}

#[tokio::test]
async fn an_error_status_is_no_exception() {
    let (mut grpc, id) = (Grpc::serve().await, "grpc-status");
    let status = grpc.client.check(health_of("unknown", id)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    grpc.stop().await;
    assert_eq!(recorded(id), flight(CHECK, Some(200), 0, Completed));
}

#[tokio::test]
async fn a_stream_is_completed_with_its_trailers() {
    let (mut grpc, id) = (Grpc::serve().await, "grpc-stream");
    grpc.reporter.set_service_status("streamed", ServingStatus::Serving).await;
    let mut messages = grpc.client.watch(health_of("streamed", id)).await.unwrap().into_inner();
    assert_eq!(messages.message().await.unwrap().unwrap().status, 1);
    grpc.reporter.set_service_status("streamed", ServingStatus::NotServing).await;
    assert_eq!(messages.message().await.unwrap().unwrap().status, 2);
    assert_eq!(recorded(id), [Recorded::Started(WATCH.into())]);
    grpc.reporter.clear_service_status("streamed").await;
    assert!(messages.message().await.unwrap().is_none());
    grpc.stop().await;
    assert_eq!(recorded(id), flight(WATCH, Some(200), 2 * MESSAGE, Completed));
}

#[tokio::test]
async fn a_client_that_drops_its_stream_aborts_it_and_not_the_connection() {
    let (mut grpc, id) = (Grpc::serve().await, "grpc-dropped");
    let mut messages = grpc.client.watch(health_of("", id)).await.unwrap().into_inner();
    assert!(messages.message().await.unwrap().is_some());
    drop(messages);
    assert!(grpc.client.check(health_of("", "grpc-after")).await.is_ok());
    grpc.stop().await;
    assert_eq!(recorded(id), flight(WATCH, Some(200), MESSAGE, Aborted));
    assert_eq!(recorded("grpc-after"), flight(CHECK, Some(200), MESSAGE, Completed));
}
