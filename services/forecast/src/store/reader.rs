//! Reads a workspace's log.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Db, Result};

use super::CHUNK;
use super::entity::{deal_log, log_head};
use super::row::Recorded;
use crate::domain::entry::Kind;
use crate::domain::ids::DealId;

/// Reads outside of transactions.
#[derive(Clone, Debug)]
pub struct Reader {
    db: Db,
}

impl Reader {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Position of the last entry; 0 when there is none.
    pub async fn head(&self, workspace: &str) -> Result<i64> {
        Ok(self.head_row(workspace).await?.map_or(0, |row| row.head))
    }

    /// Change sequence of crm-sync up to which everything is in the log.
    pub async fn crm_sequence(&self, workspace: &str) -> Result<i64> {
        Ok(self.head_row(workspace).await?.map_or(0, |row| row.crm_sequence))
    }

    async fn head_row(&self, workspace: &str) -> Result<Option<log_head::Model>> {
        Ok(log_head::Entity::find_by_id(workspace.to_owned()).one(self.db.conn()).await?)
    }

    /// Entries after a position, in order, at most `limit`.
    pub async fn after(&self, workspace: &str, position: i64, limit: u64) -> Result<Vec<Recorded>> {
        let rows = deal_log::Entity::find()
            .filter(deal_log::Column::Workspace.eq(workspace))
            .filter(deal_log::Column::Position.gt(position))
            .order_by_asc(deal_log::Column::Position)
            .limit(limit)
            .all(self.db.conn())
            .await?;
        rows.into_iter().map(Recorded::try_from).collect()
    }

    /// Everything that may bear on these deals, in order: their own entries, and all entries of calls that were ever given to them
    /// (also those that gave such a call to another deal).
    pub async fn of_deals(&self, workspace: &str, deals: &[&DealId]) -> Result<Vec<Recorded>> {
        let deals: Vec<&str> = deals.iter().map(|deal| deal.0.as_str()).collect();
        let mut rows = self.select(workspace, deal_log::Column::DealId, &deals).await?;
        let given = rows.iter().filter(|row| row.kind == Kind::CallAssociated.id());
        let calls: BTreeSet<String> = given.filter_map(|row| row.call_id.clone()).collect();
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        rows.extend(self.select(workspace, deal_log::Column::CallId, &calls).await?);
        rows.sort_by_key(|row| row.position);
        rows.dedup_by_key(|row| row.position);
        rows.into_iter().map(Recorded::try_from).collect()
    }

    async fn select(&self, workspace: &str, column: deal_log::Column, ids: &[&str]) -> Result<Vec<deal_log::Model>> {
        let mut rows = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let wanted = Condition::all()
                .add(deal_log::Column::Workspace.eq(workspace))
                .add(column.is_in(chunk.iter().copied()));
            let found = deal_log::Entity::find().filter(wanted).order_by_asc(deal_log::Column::Position);
            rows.extend(found.all(self.db.conn()).await?);
        }
        Ok(rows)
    }
}
