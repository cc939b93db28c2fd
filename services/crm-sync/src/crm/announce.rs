//! Numbers the changes of deals, stores them and tells the others. The last thing of a transaction.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use throughline_events::{Body, NewEvent};
use throughline_proto::events::v1::{CallAssociated, RecordChanged};
use throughline_rpc::{Error, name};
use throughline_store::{Result, Transaction};

use super::Crm;
use crate::domain::record::Record;
use crate::store::{proposals, records, sequence};

/// Why a proposal that waited for a changed field is stale.
const FIELD_CHANGED: &str = "the field changed after it was seen";

impl Crm {
    /// Stores deals under the next numbers. Returns the last number, none when there are no deals.
    pub(super) async fn store_deals(
        &self,
        tx: &Transaction,
        workspace: &str,
        deals: &[&Record],
        now: DateTime<Utc>,
    ) -> Result<Option<i64>> {
        if deals.is_empty() {
            return Ok(None);
        }
        let first = sequence::take(tx, workspace, deals.len()).await?;
        let last = first + i64::try_from(deals.len()).map_err(throughline_store::Error::internal)? - 1;
        let numbered: Vec<(&Record, i64)> = deals.iter().copied().zip(first..).collect();
        records::save(tx, workspace, &numbered, &self.rules.pipeline, now).await?;
        Ok(Some(last))
    }

    /// Marks what waits for changed fields of deals.
    pub(super) async fn outdate(
        &self,
        tx: &Transaction,
        workspace: &str,
        changed: &HashSet<(&str, &str)>,
    ) -> Result<()> {
        let stale = proposals::mark_stale(tx, workspace, changed, FIELD_CHANGED).await?;
        if stale > 0 {
            tracing::debug!(workspace, stale, "proposals outdated by a change of their field");
        }
        Ok(())
    }

    /// Tells that deals changed up to a number; `deal` when it was only one.
    pub(super) async fn tell_changed(
        &self,
        tx: &Transaction,
        workspace: &str,
        last: i64,
        deal: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let deal = deal.map(|deal| name::DEAL.format([workspace, deal])).unwrap_or_default();
        // An import has a key of its own: it concerns many deals.
        let ordering_key =
            if deal.is_empty() { format!("{}/records", name::WORKSPACE.format([workspace])) } else { deal.clone() };
        let body = Body::RecordChanged(RecordChanged { sequence: last, deal });
        let event = NewEvent { workspace: workspace.to_owned(), ordering_key, body };
        self.outbox.publish(tx, event, now).await?;
        Ok(())
    }

    /// Tells which deal a call belongs to, or that none is known.
    pub(super) async fn tell_associated(
        &self,
        tx: &Transaction,
        workspace: &str,
        call: &str,
        deal: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let call = name::CALL.format([workspace, call]);
        let deal = deal.map(|deal| name::DEAL.format([workspace, deal])).unwrap_or_default();
        let body = Body::CallAssociated(CallAssociated { call: call.clone(), deal });
        let event = NewEvent { workspace: workspace.to_owned(), ordering_key: call, body };
        self.outbox.publish(tx, event, now).await?;
        Ok(())
    }
}
