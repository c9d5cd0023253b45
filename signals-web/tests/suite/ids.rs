//! The ids of requests, and the span in which they run.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use signals::receiver;
use signals::web::{
    RequestId, RequestOutcome::Completed, RequestStarted, ServerError, SignalsLayer, got_request_exception,
    request_finished, request_started,
};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::recorded::{bare, chunks, flight, recorded, request, respond, watch};

/// Returns the id that a service gets for this `x-request-id`.
async fn id_for(sent: &str) -> String {
    let layer = SignalsLayer::new();
    let service = layer.layer(service_fn(|request: Request<Body>| async move {
        let id = request.extensions().get::<RequestId>().unwrap().as_str().to_owned();
        Ok::<_, Infallible>(Response::new(Body::from(id)))
    }));
    let body = service.oneshot(request("/id", sent)).await.unwrap().into_body();
    let id = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
    layer.drain().await;
    assert_eq!(recorded(&id).len(), 2, "receivers get the id of the service");
    id
}

#[tokio::test]
async fn a_layer_within_another_leaves_the_request_to_it() {
    let (outer, inner) = (SignalsLayer::new(), SignalsLayer::new());
    let started = Arc::new(Mutex::new(Vec::new()));
    let ids = Arc::clone(&started);
    let _guard = request_started.connect_scoped("ids.nested", move |event| {
        ids.lock().unwrap().extend((event.parts.uri.path() == "/nested").then(|| event.id.to_owned()));
        Ok(())
    });
    let app = Router::new()
        .route("/nested", get(|id: Extension<RequestId>| async move { id.to_string() }))
        .layer(inner)
        .layer(outer.clone());
    // Without an id from the client, each layer would make one.
    let response = app.oneshot(Request::get("/nested").body(Body::empty()).unwrap()).await.unwrap();
    let id = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap();
    outer.drain().await;
    assert_eq!(*started.lock().unwrap(), [&*id]);
    assert_eq!(recorded(&id), flight("/nested", Some(200), 36, Completed));
}

#[tokio::test]
async fn the_id_is_the_clients_where_it_is_fit() {
    assert_eq!(id_for("ids-mine").await, "ids-mine");
    let longest = "l".repeat(128);
    assert_eq!(id_for(&longest).await, longest);
    for unfit in ["", "two words", "tab\there", &"l".repeat(129)] {
        let id = id_for(unfit).await;
        assert_eq!(id.len(), 36, "{id} is made");
        assert_ne!(id_for(unfit).await, id);
    }
}

/// Records the spans of each event of this test, with their ids and paths.
#[derive(Clone, Default)]
struct Scopes(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Scopes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "seen" {
            return;
        }
        let mut fields_of_event = Fields::default();
        event.record(&mut fields_of_event);
        let spans = context.event_scope(event).into_iter().flatten();
        for span in spans.filter(|span| span.name() == "request") {
            let extensions = span.extensions();
            let fields = &extensions.get::<Fields>().unwrap().0;
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            fields.sort();
            self.0.lock().unwrap().push(format!("{} in {}", fields_of_event.0["message"], fields.join(" ")));
        }
    }
}

#[receiver(request_started)]
fn see_start(event: &RequestStarted<'_>) {
    if event.id == "ids-span" {
        assert_eq!(format!("{event:?}"), r#"RequestStarted { parts: GET /span, id: "ids-span" }"#);
        tracing::info!(target: "seen", "start");
    }
}

#[receiver(request_finished)]
async fn see_end(id: &str) {
    tokio::task::yield_now().await;
    if id == "ids-span" {
        tracing::info!(target: "seen", "end");
    }
}

#[tokio::test]
async fn service_body_and_receivers_run_in_the_requests_span() {
    let scopes = Scopes::default();
    let _guards = watch(scopes.clone());
    let layer = SignalsLayer::new();
    let make = || {
        tracing::info!(target: "seen", "service");
        Response::new(Body::from_stream(futures_util::stream::once(async {
            tracing::info!(target: "seen", "body");
            Ok::<_, Infallible>("abc")
        })))
    };
    let response = respond(&layer, request("/span?password=secret", "ids-span"), make).await;
    response.into_body().collect().await.unwrap();
    layer.drain().await;
    let span = r#"id="ids-span" method="GET" path="/span""#;
    let seen = ["start", "service", "body", "end"].map(|place| format!("{place} in {span}"));
    assert_eq!(*scopes.0.lock().unwrap(), seen);
}

#[tokio::test]
async fn what_is_printed_shows_neither_the_query_nor_what_lets_someone_in() {
    let printed = Arc::new(Mutex::new(Vec::new()));
    let (finished, excepted) = (Arc::clone(&printed), Arc::clone(&printed));
    let is_mine = |id: &str| id == "ids-printed";
    let _guards = [
        request_finished.connect_scoped("ids.print-end", move |event| {
            finished.lock().unwrap().extend(is_mine(event.id).then(|| format!("{event:?} {:?}", event.parts.headers)));
            Ok(())
        }),
        got_request_exception.connect_scoped("ids.print-exception", move |event| {
            excepted.lock().unwrap().extend(is_mine(event.id).then(|| format!("{event:?}")));
            Ok(())
        }),
    ]
    .map(Result::unwrap);
    let layer = SignalsLayer::new();
    let mut asked = request("/printed?query-secret", "ids-printed");
    for name in ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token", "x-csrf-token"] {
        asked.headers_mut().insert(name, "header-secret".parse().unwrap());
    }
    let make = || {
        let mut response = bare(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(ServerError::new("disk full"));
        response
    };
    let response = respond(&layer, asked, make).await;
    printed.lock().unwrap().push(format!("{response:?}"));
    drop(response);
    layer.drain().await;
    let printed = printed.lock().unwrap().join("\n");
    assert_eq!(printed.matches("GET /printed").count(), 3, "{printed}");
    assert!(printed.contains("Sensitive") && printed.contains("disk full"), "{printed}");
    assert!(!printed.contains("secret"), "{printed}");
}

// H158
#[tokio::test]
async fn the_extensions_and_headers_of_the_request_reach_receivers_as_they_came() {
    #[derive(Clone)]
    struct Mark;
    let layer = SignalsLayer::new();
    let (marks, _guards) = {
        let marks = Arc::new(Mutex::new(Vec::new()));
        let (first, last) = (Arc::clone(&marks), Arc::clone(&marks));
        let of = |id: &str| id == "ids-parts";
        let started = request_started.connect_scoped("ids.started", move |event| {
            if of(event.id) {
                first.lock().unwrap().push(event.parts.extensions.get::<Mark>().is_some());
            }
            Ok(())
        });
        let finished = request_finished.connect_scoped("ids.finished", move |event| {
            if of(event.id) {
                let headers = &event.parts.headers;
                last.lock().unwrap().push(headers["cookie"] == "secret" && headers["cookie"].is_sensitive());
            }
            Ok(())
        });
        (marks, (started.unwrap(), finished.unwrap()))
    };
    let mut marked = request("/parts", "ids-parts");
    marked.extensions_mut().insert(Mark);
    marked.headers_mut().insert("cookie", "secret".parse().unwrap());
    respond(&layer, marked, || chunks(1, None)).await.into_body().collect().await.unwrap();
    layer.drain().await;
    assert_eq!(*marks.lock().unwrap(), [true, true]);
}
