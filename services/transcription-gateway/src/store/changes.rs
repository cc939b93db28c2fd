//! The log of what becomes of calls, read and shortened. Triggers write it (migration m0007).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Db, Result, Transaction, sweep};

use super::entity::{call_change, call_change_head, call_change_mark};

pub use call_change::Model as Change;

/// How far the log of a workspace goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// The latest change; 0 before the first.
    pub latest: i64,
    /// The latest change that is not kept any more.
    pub forgotten: i64,
}

/// How far the log of a workspace goes.
pub async fn reach(conn: &impl ConnectionTrait, workspace: &str) -> Result<Reach> {
    let found = call_change_head::Entity::find_by_id(workspace.to_owned()).one(conn).await?;
    Ok(found.map_or_else(Reach::default, |head| Reach { latest: head.sequence, forgotten: head.forgotten }))
}

/// The latest change of each workspace.
pub async fn latest(conn: &impl ConnectionTrait) -> Result<HashMap<String, i64>> {
    let heads = call_change_head::Entity::find().all(conn).await?;
    Ok(heads.into_iter().map(|head| (head.workspace, head.sequence)).collect())
}

/// At most `limit` changes after `sequence`, in order.
pub async fn after(conn: &impl ConnectionTrait, workspace: &str, sequence: i64, limit: u64) -> Result<Vec<Change>> {
    let query = call_change::Entity::find()
        .filter(call_change::Column::Workspace.eq(workspace))
        .filter(call_change::Column::Sequence.gt(sequence))
        .order_by_asc(call_change::Column::Sequence);
    Ok(query.limit(limit).all(conn).await?)
}

/// Notes how far each log goes at `now`, and forgets what was noted before `keep_from`; returns how many changes were
/// removed.
pub async fn forget(db: &Db, now: DateTime<Utc>, keep_from: DateTime<Utc>) -> Result<u64> {
    let tx = db.begin().await?;
    for (workspace, sequence) in latest(&tx).await? {
        mark(&tx, &workspace, sequence, now).await?;
        forget_in(&tx, &workspace, keep_from).await?;
    }
    // Told to be gone before they are, so that nobody takes a gap for silence.
    tx.commit().await?;
    let key = [call_change::Column::Workspace, call_change::Column::Sequence];
    let head = Expr::col((call_change_head::Entity, call_change_head::Column::Workspace));
    let forgotten = Expr::col((call_change_head::Entity, call_change_head::Column::Forgotten));
    let gone = Query::select()
        .columns(key.map(|column| (call_change::Entity, column)))
        .from(call_change::Entity)
        .inner_join(
            call_change_head::Entity,
            sea_orm::ExprTrait::equals(head, (call_change::Entity, call_change::Column::Workspace)),
        )
        .and_where(sea_orm::ExprTrait::gte(forgotten, Expr::col((call_change::Entity, call_change::Column::Sequence))))
        .order_by((call_change::Entity, call_change::Column::Sequence), Order::Asc)
        .take();
    sweep(db, call_change::Entity, key, gone).await
}

async fn mark(tx: &Transaction, workspace: &str, sequence: i64, now: DateTime<Utc>) -> Result<()> {
    let row = call_change_mark::ActiveModel {
        workspace: Set(workspace.to_owned()),
        sequence: Set(sequence),
        marked_at: Set(now),
    };
    let key = [call_change_mark::Column::Workspace, call_change_mark::Column::Sequence];
    let known = OnConflict::columns(key).do_nothing().to_owned();
    call_change_mark::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
    Ok(())
}

async fn forget_in(tx: &Transaction, workspace: &str, keep_from: DateTime<Utc>) -> Result<()> {
    let old = call_change_mark::Entity::find()
        .filter(call_change_mark::Column::Workspace.eq(workspace))
        .filter(call_change_mark::Column::MarkedAt.lt(keep_from))
        .order_by_desc(call_change_mark::Column::Sequence);
    let Some(old) = old.one(tx).await? else { return Ok(()) };
    call_change_head::Entity::update_many()
        .col_expr(call_change_head::Column::Forgotten, Expr::val(old.sequence))
        .filter(call_change_head::Column::Workspace.eq(workspace))
        .filter(call_change_head::Column::Forgotten.lt(old.sequence))
        .exec(tx)
        .await?;
    call_change_mark::Entity::delete_many()
        .filter(call_change_mark::Column::Workspace.eq(workspace))
        .filter(call_change_mark::Column::Sequence.lt(old.sequence))
        .exec(tx)
        .await?;
    Ok(())
}
