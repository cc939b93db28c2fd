//! A call was purged: its words go from what waits to be written, and from what was read of it. What was written into the CRM
//! is the CRM's, and whoever decided on it answers for it.

use throughline_events::{Event, purge};
use throughline_proto::events::v1::CallPurged;
use throughline_rpc::{Error, name};
use throughline_store::{idempotency, inbox, purged};

use super::Crm;
use super::calls::lock_call;
use crate::domain::proposal::erase;
use crate::domain::record::RecordKey;
use crate::domain::schema::RecordKind;
use crate::store::{SCHEMA, facts, proposals, records};

impl Crm {
    /// Erases the words of a purged call, once for each event, and notes it for what comes late.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a call of another workspace; the database's, nothing is erased then.
    pub async fn purged(&self, event: &Event, purged: &CallPurged) -> Result<(), Error> {
        let now = self.clock.now();
        let purge = purge(event, purged, now)?;
        let workspace = event.workspace.as_str();
        let call_name = name::CALL.format([workspace, &purge.call]);
        let call = (call_name.as_str(), purge.call.as_str());
        let tx = self.db.begin().await?;
        if !inbox::first_delivery(&tx, SCHEMA, &event.id, now).await? {
            return Ok(());
        }
        lock_call(&tx, workspace, &purge.call).await?;
        purged::note(&tx, workspace, &purge).await?;
        facts::erase(&tx, workspace, &purge).await?;
        for deal in proposals::deals_quoting(&tx, workspace, call).await? {
            // Whoever changes proposals of a deal, or decides on one, holds its record.
            records::hold_one(&tx, workspace, RecordKey::new(RecordKind::Deal, deal.clone())).await?;
            let mut all = proposals::of_deal(&tx, workspace, &deal).await?;
            all.retain_mut(|proposal| erase(proposal, call, purge.at));
            proposals::save(&tx, workspace, &all).await?;
        }
        // Answers that are kept for repeats hold proposals.
        idempotency::forget(&tx, workspace, &call_name).await?;
        tx.commit().await?;
        Ok(())
    }
}
