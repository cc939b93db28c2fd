//! Deletes enrolled voices that are past their time.

use std::time::Duration;

use throughline_rpc::Clock;
use throughline_store::Db;
use tokio_util::sync::CancellationToken;

use crate::store::voices;

/// The worker. Replicas may run it at the same time.
#[derive(Clone, Debug)]
pub struct Expiry {
    pub db: Db,
    pub clock: Clock,
    pub interval: Duration,
}

impl Expiry {
    /// Deletes what is due every `interval` until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            match voices::delete_expired(&self.db, self.clock.now()).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "enrolled voices were past their time and are deleted"),
                Err(error) => tracing::warn!(%error, "enrolled voices past their time are deleted later"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }
}
