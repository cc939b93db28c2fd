//! Indexes transcripts that the search does not know yet. A call a transaction, so that nobody waits long for it; what is
//! left to do is read from the tables, so that it goes on where it was stopped. Replicas share the work.

use std::collections::HashSet;
use std::time::Duration;

use throughline_store::{Db, Result};
use tokio_util::sync::CancellationToken;

use crate::store::search::backlog;

/// Calls that are looked up at once.
const BATCH: u64 = 50;

/// What the worker needs.
#[derive(Debug)]
pub struct Indexer {
    pub db: Db,
    /// How often it is looked for transcripts that another release stored.
    pub interval: Duration,
}

impl Indexer {
    /// Works until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            match self.run_once(&shutdown).await {
                Ok(0) => {}
                Ok(indexed) => tracing::info!(indexed, "calls of before are searchable now"),
                Err(error) => tracing::warn!(%error, "calls of before could not be indexed; trying again later"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }

    /// Indexes what there is to index; returns how many calls.
    async fn run_once(&self, shutdown: &CancellationToken) -> Result<u64> {
        // What failed must not keep the rest from being indexed: it is left for the next round.
        let mut failed = HashSet::new();
        let mut indexed = 0;
        loop {
            let mut progress = false;
            for key in backlog::list(self.db.conn(), BATCH + failed.len() as u64).await? {
                if shutdown.is_cancelled() {
                    return Ok(indexed);
                }
                if failed.contains(&key) {
                    continue;
                }
                let tx = self.db.begin().await?;
                match backlog::index(&tx, &key).await {
                    Ok(done) => {
                        tx.commit().await?;
                        indexed += u64::from(done);
                        progress |= done;
                    }
                    Err(error) => {
                        tracing::warn!(%error, call = %key.call, "a call could not be indexed; trying again later");
                        failed.insert(key);
                    }
                }
            }
            // Nothing left, or nothing but what other replicas are at.
            if !progress {
                return Ok(indexed);
            }
        }
    }
}
