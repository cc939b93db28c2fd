//! Health and metrics for probes, in plaintext: ready says that the lease has been heard of, alive that the process lives.
//! It depends on neither Kubernetes nor the evaluator.

use std::net::SocketAddr;

use throughline_runtime::health::Health;
use throughline_runtime::{admin, bind};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::lease::Standing;

/// Serves health and metrics on `listen` until it is dropped; ready once the lease has been heard of, since a replica that
/// waits is as ready as one that works, and no longer once `shutdown` has begun. Without `listen` it only waits.
pub async fn serve(
    listen: Option<SocketAddr>,
    mut standing: watch::Receiver<Standing>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let Some(listen) = listen else { return std::future::pending().await };
    let health = Health::new(&[]).await;
    let _listening = admin::serve(bind("the operator", listen).await?, &health);
    let heard = async {
        // Fails only when the candidate is gone, and then so is all else.
        if standing.wait_for(|standing| *standing != Standing::Unknown).await.is_ok() {
            health.set_ready(true).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = heard => {}
        () = shutdown.cancelled() => {}
    }
    health.set_ready(false).await;
    std::future::pending().await
}
