//! Deals as others see them: the record with the segment of its account and its stage history.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use throughline_store::Result;

use super::entity::record::Model;
use super::{histories, records, row};
use crate::domain::record::Record;
use crate::domain::schema::RecordKind;
use crate::domain::stage::{Pipeline, StageChange};

/// A deal.
#[derive(Debug, Clone, PartialEq)]
pub struct Deal {
    pub record: Record,
    /// Of its account; empty when not known.
    pub segment: String,
    /// Oldest first.
    pub history: Vec<StageChange>,
    pub open: bool,
    pub sequence: i64,
    pub updated_at: DateTime<Utc>,
}

/// The deals of these rows, in their order.
pub async fn deals(
    conn: &impl ConnectionTrait,
    workspace: &str,
    models: Vec<Model>,
    pipeline: &Pipeline,
) -> Result<Vec<Deal>> {
    let ids: Vec<String> = models.iter().map(|model| model.id.clone()).collect();
    let accounts = models.iter().map(|model| model.account.clone()).filter(|account| !account.is_empty()).collect();
    let mut histories = histories::of_deals(conn, workspace, &ids).await?;
    let accounts = records::many(conn, workspace, RecordKind::Account, accounts).await?;
    models
        .into_iter()
        .map(|model| {
            let entries = histories.remove(&model.id).unwrap_or_default();
            let mut history: Vec<StageChange> = entries.into_iter().map(|entry| entry.change).collect();
            pipeline.sort(&mut history);
            let account = accounts.get(&model.account);
            Ok(Deal {
                record: row::record(&model)?,
                segment: account.and_then(|account| account.text("segment")).unwrap_or_default().to_owned(),
                history,
                open: model.open,
                sequence: model.sequence,
                updated_at: model.updated_at,
            })
        })
        .collect()
}
