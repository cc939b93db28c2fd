//! Associations: the present version of each, and the log behind it.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::{Result, Transaction};

use super::entity::association::{Column, Entity};
use super::row;
use crate::domain::association::Association;

/// What is believed of a call now.
pub async fn current(conn: &impl ConnectionTrait, workspace: &str, call: &str) -> Result<Option<Association>> {
    let found = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Call.eq(call))
        .filter(Column::SupersededAt.is_null())
        .one(conn)
        .await?;
    found.map(row::association).transpose()
}

/// Puts the next version in the place of the present one.
pub async fn put(tx: &Transaction, workspace: &str, next: &Association, now: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::SupersededAt, Expr::value(now))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Call.eq(&next.call))
        .filter(Column::SupersededAt.is_null())
        .exec(tx)
        .await?;
    let row = row::association_row(workspace, next)?.into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Every version, oldest first.
pub async fn log(conn: &impl ConnectionTrait, workspace: &str, call: &str) -> Result<Vec<Association>> {
    let found = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Call.eq(call))
        .order_by_asc(Column::Version)
        .all(conn)
        .await?;
    found.into_iter().map(row::association).collect()
}

/// Up to `limit` calls that no deal is known of, the latest first.
pub async fn without_deal(conn: &impl ConnectionTrait, workspace: &str, limit: u64) -> Result<Vec<String>> {
    let found = Entity::find()
        .select_only()
        .column(Column::Call)
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::State.eq("none"))
        .filter(Column::SupersededAt.is_null())
        .order_by_desc(Column::CallTime)
        .order_by_asc(Column::Call)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found)
}
