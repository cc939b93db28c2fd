//! Appends to a workspace's log. Writers of one workspace wait for each other, so positions have no gaps and come in the order of
//! commits: whoever has read up to a position has read everything before it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait as _, EntityTrait, QueryFilter,
    QueryOrder as _, QuerySelect,
};
use throughline_store::purged::{self, Purge};
use throughline_store::{Backend, Error, Result, Transaction, lock};

use super::CHUNK;
use super::entity::{deal_log, log_head};
use super::row::{Recorded, active};
use crate::domain::entry::{Entry, Kind, Source};
use crate::domain::ids::CallId;

/// The end of a workspace's log, held until the transaction ends.
pub struct Writer<'t> {
    tx: &'t Transaction,
    workspace: &'t str,
    head: i64,
    crm_sequence: i64,
}

impl<'t> Writer<'t> {
    pub async fn open(tx: &'t Transaction, workspace: &'t str) -> Result<Self> {
        lock::name(tx, "deal_log", workspace).await?;
        if tx.backend() == Backend::Postgres {
            // After five runs of a statement PostgreSQL plans it once for any values, and for a list of 500 names in a table that grew
            // since its last ANALYZE that means reading the whole table and each name for each row.
            tx.execute_unprepared("SET LOCAL plan_cache_mode = force_custom_plan").await?;
        }
        let found = log_head::Entity::find_by_id(workspace.to_owned()).one(tx).await?;
        let (head, crm_sequence) = found.map_or((0, 0), |row| (row.head, row.crm_sequence));
        Ok(Self { tx, workspace, head, crm_sequence })
    }

    /// Change sequence of crm-sync up to which everything is in the log.
    pub fn crm_sequence(&self) -> i64 {
        self.crm_sequence
    }

    /// Which of these deals the log knows from the CRM already.
    pub async fn known_deals(&self, deals: &[String]) -> Result<HashSet<String>> {
        let mut known = HashSet::new();
        for chunk in deals.chunks(CHUNK) {
            let found: Vec<String> = deal_log::Entity::find()
                .select_only()
                .column(deal_log::Column::DealId)
                .filter(deal_log::Column::Workspace.eq(self.workspace))
                .filter(deal_log::Column::DealId.is_in(chunk))
                .filter(deal_log::Column::Kind.is_in(["record", "stage"]))
                .distinct()
                .into_tuple()
                .all(self.tx)
                .await?;
            known.extend(found);
        }
        Ok(known)
    }

    /// Appends what is not in the log yet; answers how many entries that were. Nothing can be known later than it is written down, so
    /// a later `known_at` (another machine's clock runs ahead) becomes `now`. Words of purged calls stay out.
    pub async fn append(&mut self, entries: Vec<Entry>, now: DateTime<Utc>) -> Result<usize> {
        let mut appended = 0;
        for chunk in entries.chunks(CHUNK) {
            let mut present = self.present(chunk).await?;
            let mut rows = Vec::with_capacity(chunk.len());
            for entry in chunk {
                if !present.insert((entry.source, entry.key.clone())) {
                    continue;
                }
                self.head += 1;
                let mut entry = entry.clone();
                entry.known_at = entry.known_at.min(now);
                self.erase_purged(&mut entry).await?;
                rows.push(active(self.workspace, &Recorded { position: self.head, recorded_at: now, entry })?);
            }
            appended += rows.len();
            if !rows.is_empty() {
                deal_log::Entity::insert_many(rows).exec_without_returning(self.tx).await?;
            }
        }
        if appended > 0 {
            self.save().await?;
        }
        Ok(appended)
    }

    /// Erases the words of a purged call, and notes it for what comes late. The entries stay, and what they count for.
    pub async fn purge(&mut self, purge: &Purge) -> Result<()> {
        purged::note(self.tx, self.workspace, purge).await?;
        let call = CallId(purge.call.clone());
        // Proposals are of a deal; that they quote the call stands in their body alone.
        let quoting = format!("\"call\":{}", serde_json::to_string(&call).map_err(Error::internal)?);
        let proposals = Condition::all()
            .add(deal_log::Column::Kind.eq(Kind::ProposalApplied.id()))
            .add(deal_log::Column::Body.contains(quoting));
        let rows = deal_log::Entity::find()
            .filter(deal_log::Column::Workspace.eq(self.workspace))
            .filter(Condition::any().add(deal_log::Column::CallId.eq(&purge.call)).add(proposals))
            .order_by_asc(deal_log::Column::Position)
            .all(self.tx)
            .await?;
        for row in rows {
            let mut recorded = Recorded::try_from(row)?;
            if recorded.entry.erase(&call, purge.last_transcript, purge.at) {
                active(self.workspace, &recorded)?.update(self.tx).await?;
            }
        }
        Ok(())
    }

    /// What was fetched before a purge comes without its words after it.
    async fn erase_purged(&self, entry: &mut Entry) -> Result<()> {
        for call in entry.quoted() {
            if let Some(purge) = purged::find(self.tx, self.workspace, &call.0).await? {
                entry.erase(&call, purge.last_transcript, purge.at);
            }
        }
        Ok(())
    }

    /// Notes how far the CRM's changes were taken in.
    pub async fn advance_crm(&mut self, sequence: i64) -> Result<()> {
        if sequence > self.crm_sequence {
            self.crm_sequence = sequence;
            self.save().await?;
        }
        Ok(())
    }

    async fn present(&self, entries: &[Entry]) -> Result<HashSet<(Source, String)>> {
        let mut present = HashSet::new();
        for source in [Source::Crm, Source::Evaluator] {
            let keys: Vec<&str> = entries.iter().filter(|e| e.source == source).map(|e| e.key.as_str()).collect();
            if keys.is_empty() {
                continue;
            }
            let found: Vec<String> = deal_log::Entity::find()
                .select_only()
                .column(deal_log::Column::SourceKey)
                .filter(deal_log::Column::Workspace.eq(self.workspace))
                .filter(deal_log::Column::Source.eq(source.id()))
                .filter(deal_log::Column::SourceKey.is_in(keys))
                .into_tuple()
                .all(self.tx)
                .await?;
            present.extend(found.into_iter().map(|key| (source, key)));
        }
        Ok(present)
    }

    async fn save(&self) -> Result<()> {
        let row = log_head::ActiveModel {
            workspace: Set(self.workspace.to_owned()),
            head: Set(self.head),
            crm_sequence: Set(self.crm_sequence),
        };
        let replace = OnConflict::column(log_head::Column::Workspace)
            .value(log_head::Column::Head, Expr::val(self.head))
            .value(log_head::Column::CrmSequence, Expr::val(self.crm_sequence))
            .to_owned();
        log_head::Entity::insert(row).on_conflict(replace).exec_without_returning(self.tx).await?;
        Ok(())
    }
}
