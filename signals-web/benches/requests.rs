//! The cost of the layer: an axum app under it, alternating with the same app without it.
//!
//! `cargo bench -p signals-web --bench requests` runs all of it; `-- --quick` runs a short form. Words select
//! cases by their names. Without cargo's `--bench` each case runs once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark"
)]

#[path = "requests/app.rs"]
mod app;
#[path = "requests/clock.rs"]
mod clock;
#[path = "requests/crowd.rs"]
mod crowd;
#[path = "../../benches/speed/pair.rs"]
#[allow(dead_code, reason = "the other benchmark uses the rest")]
mod pair;
#[path = "requests/receivers.rs"]
mod receivers;
#[path = "requests/served.rs"]
mod served;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use signals::Db;
use signals::web::SignalsLayer;
use tokio::runtime::Builder;
use tower::ServiceExt as _;
use tower::layer::util::Identity;

use app::{database, hello, note};
use clock::all_ran;
use crowd::Crowd;
use pair::{Goal, Plan, head, pair, timed};
use receivers::Kind;
use served::Served;

/// At most 1 % fewer requests a second.
const NO_RECEIVERS: Goal = Goal::Ratio(1.0 / 0.99);
/// At most 5 % fewer.
const WITH_RECEIVERS: Goal = Goal::Ratio(1.0 / 0.95);

fn layered(app: Router) -> Router {
    app.layer(SignalsLayer::new())
}

fn main() {
    let plan = Plan::from_args();
    head(&plan, "The app twice, and the app under a layer that does nothing");
    crowd(&plan, "nothing is changed: a row", Goal::Shown, "/1", note, |app| app);
    crowd(&plan, "nothing is changed: hello", Goal::Shown, "/", |_| hello(), |app| app);
    served(&plan, "nothing is changed", hello());
    in_process(&plan, "a layer that does nothing", &hello().layer(Identity::new()));
    // This runs before any receiver is connected at run time, because most programs connect none.
    cases(&plan, "no receivers", NO_RECEIVERS);
    for (name, kind) in [("three sync receivers", Kind::Sync), ("three async receivers", Kind::Async)] {
        let _connected = receivers::connect(kind);
        cases(&plan, name, WITH_RECEIVERS);
    }
}

fn cases(plan: &Plan, name: &str, goal: Goal) {
    head(plan, &format!("A request, {name}; the twin is the app without the layer"));
    crowd(plan, &format!("{name}: a row"), goal, "/1", note, layered);
    crowd(plan, &format!("{name}: hello"), goal, "/", |_| hello(), layered);
    served(plan, name, layered(hello()));
    in_process(plan, name, &layered(hello()));
}

/// The clients of hyper and both servers share two threads.
fn crowd(plan: &Plan, name: &str, goal: Goal, path: &'static str, app: fn(&Db) -> Router, wrap: fn(Router) -> Router) {
    let plan = plan.with_long_rounds();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let mut ours = Crowd::around(wrap(app(&db)), path).await;
        let mut twin = Crowd::around(app(&db), path).await;
        let taken = async |crowd: &mut Crowd, n| timed(crowd.ask(n)).await;
        let name_of_time = format!("{name}, time");
        pair(&plan, &name_of_time, goal, async |n| taken(&mut ours, n).await, async |n| taken(&mut twin, n).await)
            .await;
        let worked = async |crowd: &mut Crowd, n| {
            let before = all_ran();
            crowd.ask(n).await;
            all_ran().saturating_sub(before)
        };
        let name_of_work = format!("{name}, work of all threads");
        pair(&plan, &name_of_work, goal, async |n| worked(&mut ours, n).await, async |n| worked(&mut twin, n).await)
            .await;
    });
}

/// Each server has its own thread, beside a client that does little.
fn served(plan: &Plan, name: &str, app: Router) {
    let (mut ours, mut twin) = (Served::new(app), Served::new(hello()));
    let name = format!("{name}: hello, work of the server");
    let runtime = Builder::new_current_thread().build().unwrap();
    let (ours, twin) = (async |n| ours.work(n), async |n| twin.work(n));
    runtime.block_on(pair(&plan.with_long_rounds(), &name, Goal::Shown, ours, twin));
}

/// A call without a socket: the difference between the apps is the layer.
fn in_process(plan: &Plan, name: &str, app: &Router) {
    let (name, twin) = (format!("{name}: hello, without a socket"), hello());
    let runtime = Builder::new_current_thread().build().unwrap();
    let (ours, twin) = (async |n| timed(call(app, n)).await, async |n| timed(call(&twin, n)).await);
    runtime.block_on(pair(plan, &name, Goal::Shown, ours, twin));
}

async fn call(app: &Router, times: u32) {
    for _ in 0..times {
        let response = app.clone().oneshot(Request::new(Body::empty())).await.unwrap();
        response.into_body().collect().await.unwrap();
        // This lets the task of the receivers run.
        tokio::task::yield_now().await;
    }
}
