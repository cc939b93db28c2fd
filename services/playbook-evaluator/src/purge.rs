//! A call was purged: its words go from evaluations, labels and answers kept for repeats, and those who read evaluations
//! are told in the same transaction. What comes of the call later has no words either: see [`Assessor`].

use std::sync::Arc;

use throughline_events::{Body, Event, NewEvent, Outbox, purge};
use throughline_proto::events::v1::CallPurged;
use throughline_rpc::{Clock, Error, name};
use throughline_store::{Db, idempotency, inbox, purged};

use crate::assess::{Assessor, erased, lock_call};
use crate::store::{SCHEMA, evaluations, labels};

/// See the module.
pub struct Purges {
    db: Db,
    outbox: Outbox,
    assessor: Arc<Assessor>,
    clock: Clock,
}

impl Purges {
    /// Erases in `db` and what `assessor` has in memory, tells through `outbox`.
    pub fn new(db: Db, outbox: Outbox, assessor: Arc<Assessor>, clock: Clock) -> Self {
        Self { db, outbox, assessor, clock }
    }

    /// Erases the words of a purged call, once for each event.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a call of another workspace; the database's.
    pub async fn apply(&self, event: &Event, purged: &CallPurged) -> Result<(), Error> {
        let now = self.clock.now();
        let purge = purge(event, purged, now)?;
        let workspace = &event.workspace;
        let tx = self.db.begin().await?;
        if inbox::first_delivery(&tx, SCHEMA, &event.id, now).await? {
            lock_call(&tx, workspace, &purge.call).await?;
            purged::note(&tx, workspace, &purge).await?;
            for row in evaluations::of_call(&tx, workspace, &purge.call).await? {
                if purge.covers(&row.transcript) {
                    evaluations::erase(&tx, &row, erased(&row, purge.at)?).await?;
                }
            }
            labels::erase_notes(&tx, workspace, &purge).await?;
            // Answers that are kept for repeats hold labels with their notes.
            idempotency::forget(&tx, workspace, &name::CALL.format([workspace, &purge.call])).await?;
            // Behind the erasing: whoever fetches an evaluation from now on gets it without words.
            self.outbox.publish(&tx, passed_on(event, purged), now).await?;
            tx.commit().await?;
        }
        self.assessor.forget();
        Ok(())
    }
}

/// By itself in its key, as the gateway tells it: a parked evaluation must not hold it up.
fn passed_on(event: &Event, purged: &CallPurged) -> NewEvent {
    let ordering_key = if purged.receipt.is_empty() { event.id.clone() } else { purged.receipt.clone() };
    NewEvent { workspace: event.workspace.clone(), ordering_key, body: Body::CallPurged(purged.clone()) }
}
