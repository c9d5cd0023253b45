//! Serves until ctrl-c, and then finishes the requests in progress.

use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use signals::web::SignalsLayer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::{signal, time};

/// The maximum time for requests in progress after ctrl-c.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until ctrl-c, then answers the requests in progress, and waits for all receivers.
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
    // Without a limit this would wait endlessly for a client that never sends the rest of its request.
    let overdue = async {
        stopped.await.ok();
        time::sleep(PATIENCE).await;
    };
    tokio::select! {
        outcome = to_the_end => outcome,
        () = overdue => bail!("some requests did not come to their end within {PATIENCE:?} of ctrl-c"),
    }
}
