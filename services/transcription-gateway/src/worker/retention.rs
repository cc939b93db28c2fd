//! Purges calls whose deadline has passed, and removes from the store what purges left there.

use std::sync::Arc;
use std::time::Duration;

use throughline_events::Outbox;
use throughline_rpc::{Clock, Error, Ids};
use throughline_store::Db;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::purge::{Cause, Why};
use crate::purge::purge;
use crate::recordings::Recordings;
use crate::store::{purges, search};

/// An object is tried by one replica alone for this long: longer than the deadlines of the store's requests.
const ALONE: chrono::Duration = chrono::Duration::minutes(20);
/// Wait before another try; times the number of tries, up to an hour.
const BACKOFF: chrono::Duration = chrono::Duration::minutes(1);
const MOST_BACKOFF: i32 = 60;

/// The worker. Replicas may run it at the same time: each call is purged by the one that holds its row.
#[derive(Clone)]
pub struct Retention {
    pub db: Db,
    pub outbox: Outbox,
    pub recordings: Recordings,
    pub clock: Clock,
    pub ids: Ids,
    /// How often to look.
    pub interval: Duration,
    /// Told when a call was purged here.
    pub wake: Arc<Notify>,
}

impl Retention {
    /// Works until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        // A process may have ended between a purge and what comes after it.
        let mut purged = true;
        loop {
            tokio::select! {
                left = self.round(purged) => purged = left,
                () = shutdown.cancelled() => return,
            }
            tokio::select! {
                () = self.wake.notified() => purged = true,
                () = tokio::time::sleep(self.interval) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// `purged`: whether something was purged since the last round. Returns whether there is still something of it to do.
    async fn round(&self, mut purged: bool) -> bool {
        if let Err(error) = self.expire(&mut purged).await {
            tracing::warn!(%error, "calls whose deadline has passed could not be purged; the next round takes it up again");
        }
        if let Err(error) = self.remove_objects().await {
            tracing::warn!(%error, "objects of purged calls stay in the store until the next round");
        }
        if purged && let Err(error) = self.forget_words().await {
            tracing::warn!(%error, "words of purged calls stay in the index until the next round");
            return true;
        }
        false
    }

    async fn forget_words(&self) -> Result<(), Error> {
        let tx = self.db.begin().await?;
        search::forget_removed(&tx).await?;
        Ok(tx.commit().await?)
    }

    /// Purges every call that is due, each in a transaction of its own, and tells whether it did.
    async fn expire(&self, purged: &mut bool) -> Result<(), Error> {
        loop {
            let now = self.clock.now();
            let tx = self.db.begin().await?;
            let Some(call) = purges::next_expired(&tx, now).await? else { return Ok(()) };
            let why = Why { cause: Cause::Expired, reason: String::new(), by: String::new() };
            let receipt = purge(&tx, (&self.outbox, &self.ids), &call, &why, now).await?;
            tx.commit().await?;
            *purged = true;
            tracing::info!(call = %call.id, receipt = %receipt.id, "a call was purged when its deadline had passed");
        }
    }

    async fn remove_objects(&self) -> Result<(), Error> {
        loop {
            let now = self.clock.now();
            let tx = self.db.begin().await?;
            let claimed = purges::claim_object(&tx, now, now + ALONE).await?;
            tx.commit().await?;
            let Some(object) = claimed else { return Ok(()) };
            let removed = self.recordings.store().remove(&object.object_key).await;
            let now = self.clock.now();
            let tx = self.db.begin().await?;
            match removed {
                Ok(()) => purges::finish_object(&tx, &object, now).await?,
                Err(error) => {
                    tracing::warn!(%error, receipt = %object.receipt, "an object of a purged call is still in the store");
                    let due_at = now + BACKOFF * object.attempts.clamp(1, MOST_BACKOFF);
                    purges::postpone_object(&tx, &object.object_key, due_at).await?;
                }
            }
            tx.commit().await?;
        }
    }
}
