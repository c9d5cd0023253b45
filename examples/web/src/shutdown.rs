//! Serving until ctrl-c, and then to the end of what was begun.

use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use signals::web::SignalsLayer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::{signal, time};

/// How long requests that are under way at ctrl-c may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until ctrl-c, then answers the requests that are under way, and waits for the receivers of all.
pub(crate) async fn serve(listener: TcpListener, app: Router, layer: &SignalsLayer) -> Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let serving = axum::serve(listener, app).with_graceful_shutdown(async {
        signal::ctrl_c().await.ok();
        stopping.send(()).ok();
    });
    let to_the_end = async {
        serving.await?;
        layer.drain().await;
        Ok(())
    };
    // A client that never sends the rest of its request would be waited for without end.
    let overdue = async {
        stopped.await.ok();
        time::sleep(PATIENCE).await;
    };
    tokio::select! {
        outcome = to_the_end => outcome,
        () = overdue => bail!("some requests did not come to their end within {PATIENCE:?} of ctrl-c"),
    }
}
