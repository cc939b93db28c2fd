//! Stage histories: what is true of them now, and what changed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use throughline_store::{Result, Transaction};

use super::entity::stage_entry::{Column, Entity};
use super::{CHUNK, row};
use crate::domain::import::apply::{HistoryChange, StageEntry};

/// The entries that are true of these deals, by deal; not in order.
pub async fn of_deals(
    conn: &impl ConnectionTrait,
    workspace: &str,
    deals: &[String],
) -> Result<HashMap<String, Vec<StageEntry>>> {
    let mut found: HashMap<String, Vec<StageEntry>> = HashMap::new();
    for chunk in deals.chunks(CHUNK) {
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Deal.is_in(chunk))
            .filter(Column::WithdrawnAt.is_null())
            .all(conn)
            .await?;
        for entry in rows {
            found.entry(entry.deal.clone()).or_default().push(row::stage_entry(entry)?);
        }
    }
    Ok(found)
}

/// Adds and withdraws entries.
pub async fn change(
    tx: &Transaction,
    workspace: &str,
    changes: &[(&str, &HistoryChange)],
    now: DateTime<Utc>,
) -> Result<()> {
    let mut added = Vec::new();
    for &(deal, change) in changes {
        for withdrawn in &change.withdraw {
            Entity::update_many()
                .col_expr(Column::WithdrawnAt, Expr::value(now))
                .filter(Column::Workspace.eq(workspace))
                .filter(Column::Deal.eq(deal))
                .filter(Column::Stage.eq(&withdrawn.stage))
                .filter(Column::EnteredAt.eq(withdrawn.entered_at))
                .filter(Column::WithdrawnAt.is_null())
                .exec(tx)
                .await?;
        }
        for entry in &change.add {
            added.push(row::stage_row(workspace, deal, entry, now)?.into_active_model().reset_all());
        }
    }
    while !added.is_empty() {
        let chunk: Vec<_> = added.drain(..added.len().min(CHUNK)).collect();
        Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(())
}
