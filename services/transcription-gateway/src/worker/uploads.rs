//! Gives uploads up to which nothing was added for long.

use std::time::Duration;

use throughline_rpc::{Clock, Error};
use throughline_store::Db;
use tokio_util::sync::CancellationToken;

use crate::parts::{Owner, Parts};
use crate::store::uploads;
use crate::store::work::CallKey;

/// Uploads of one round.
const BATCH: u64 = 200;

/// The worker. Replicas may run it at the same time.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub db: Db,
    pub parts: Parts,
    pub clock: Clock,
    pub interval: Duration,
}

impl Sweep {
    /// Removes what has expired every `interval` until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "uploads that have expired are removed later");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }

    async fn round(&self) -> Result<(), Error> {
        for upload in uploads::expired(self.db.conn(), self.clock.now(), BATCH).await? {
            let key = CallKey { workspace: upload.workspace, call: upload.call };
            let tx = self.db.begin().await?;
            // Somebody may have added to it since.
            let expired = uploads::find_for_update(&tx, &key, &upload.id, self.clock.now()).await?.is_none();
            if !expired || !uploads::delete(&tx, &key, &upload.id).await? {
                continue;
            }
            tx.commit().await?;
            self.parts.remove_all(Owner { workspace: &key.workspace, call: &key.call, upload: &upload.id }).await;
            tracing::info!(call = key.call, upload = upload.id, "an upload was given up");
        }
        Ok(())
    }
}
