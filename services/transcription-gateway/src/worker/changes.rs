//! Looks how far the logs of changes go, for all watches of this process at once, and shortens them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use throughline_rpc::Clock;
use throughline_store::Db;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::store::changes;

/// The number of the latest change of each workspace.
pub type Latest = HashMap<String, i64>;

/// What the worker needs.
#[derive(Debug)]
pub struct ChangeFeed {
    pub db: Db,
    pub clock: Clock,
    /// Told to the watches; while there are none, nobody asks the database.
    pub latest: Arc<watch::Sender<Latest>>,
    pub poll_interval: Duration,
    /// How long changes are kept.
    pub retention: Duration,
    /// How often old ones are removed.
    pub interval: Duration,
}

impl ChangeFeed {
    /// Works until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::join!(self.look(&shutdown), self.shorten(&shutdown));
    }

    async fn look(&self, shutdown: &CancellationToken) {
        loop {
            if self.latest.receiver_count() > 0 {
                match changes::latest(self.db.conn()).await {
                    Ok(found) => {
                        self.latest.send_if_modified(|known| {
                            let news = *known != found;
                            *known = found;
                            news
                        });
                    }
                    Err(error) => tracing::warn!(%error, "changes of calls could not be looked for; trying again"),
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.poll_interval) => {}
            }
        }
    }

    async fn shorten(&self, shutdown: &CancellationToken) {
        loop {
            let now = self.clock.now();
            if let Err(error) = changes::forget(&self.db, now, now - self.retention).await {
                tracing::warn!(%error, "old changes of calls could not be removed; trying again later");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }
}
