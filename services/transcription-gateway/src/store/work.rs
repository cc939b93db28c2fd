//! Work under way: who is making which transcript, kept by leases so that a replica that dies is replaced.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait as _, PaginatorTrait as _, QueryFilter, Statement};
use throughline_store::{Backend, Result, Transaction};

use super::entity::work::{ActiveModel, Column, Entity, Kind, Model};

/// A call by workspace and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallKey {
    pub workspace: String,
    pub call: String,
}

/// Who holds work, and until when.
#[derive(Clone, Debug)]
pub struct Lease {
    pub owner: String,
    pub now: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// Asks for a recording to be transcribed, in the transaction that stored it.
pub async fn enqueue(tx: &Transaction, key: &CallKey, now: DateTime<Utc>, traceparent: String) -> Result<()> {
    write(tx, key, Kind::Recording, now, None, traceparent).await
}

/// Notes that a live stream has begun here.
pub async fn begin_live(tx: &Transaction, key: &CallKey, lease: &Lease, traceparent: String) -> Result<()> {
    write(tx, key, Kind::Live, lease.now, Some(lease), traceparent).await
}

async fn write(
    tx: &Transaction,
    key: &CallKey,
    kind: Kind,
    due_at: DateTime<Utc>,
    lease: Option<&Lease>,
    traceparent: String,
) -> Result<()> {
    let row = ActiveModel {
        workspace: Set(key.workspace.clone()),
        call: Set(key.call.clone()),
        kind: Set(kind),
        attempts: Set(0),
        waits: Set(0),
        due_at: Set(due_at),
        lease_owner: Set(lease.map(|lease| lease.owner.clone())),
        lease_until: Set(lease.map(|lease| lease.until)),
        traceparent: Set(traceparent),
    };
    // The state of the call says that nobody is at work on it; a row left behind by a defect must not block it.
    let columns = [
        Column::Kind,
        Column::Attempts,
        Column::Waits,
        Column::DueAt,
        Column::LeaseOwner,
        Column::LeaseUntil,
        Column::Traceparent,
    ];
    let stale = OnConflict::columns([Column::Workspace, Column::Call]).update_columns(columns).to_owned();
    Entity::insert(row).on_conflict(stale).exec_without_returning(tx).await?;
    Ok(())
}

/// Leases the work of `kind` that has been due longest and that nobody holds.
pub async fn claim(tx: &Transaction, kind: Kind, lease: &Lease) -> Result<Option<Model>> {
    let skip_locked = match tx.backend() {
        Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "UPDATE work SET lease_owner = $1, lease_until = $2, attempts = attempts + 1
         WHERE (workspace, call) IN (
           SELECT workspace, call FROM work
           WHERE kind = $3 AND due_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)
           ORDER BY due_at LIMIT 1 {skip_locked})
         RETURNING workspace, call, kind, attempts, waits, due_at, lease_owner, lease_until, traceparent"
    );
    let kind = sea_orm::ActiveEnum::to_value(&kind);
    let values = [lease.owner.clone().into(), lease.until.into(), kind.into(), lease.now.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(Entity::find().from_raw_sql(statement).one(tx).await?)
}

/// Prolongs a lease. False if it was lost.
pub async fn renew(tx: &Transaction, key: &CallKey, lease: &Lease) -> Result<bool> {
    let renewed = Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::val(lease.until))
        .filter(mine(key, &lease.owner))
        .exec(tx)
        .await?;
    Ok(renewed.rows_affected == 1)
}

/// Ends work. False if the lease was lost, and then the work is another's to end.
pub async fn finish(tx: &Transaction, key: &CallKey, owner: &str) -> Result<bool> {
    let deleted = Entity::delete_many().filter(mine(key, owner)).exec(tx).await?;
    Ok(deleted.rows_affected == 1)
}

/// Ends work whoever holds it: its lease is gone then.
pub async fn cancel(tx: &Transaction, key: &CallKey) -> Result<()> {
    Entity::delete_by_id((key.workspace.clone(), key.call.clone())).exec(tx).await?;
    Ok(())
}

/// Whether `owner` still holds the work.
pub async fn is_held(conn: &impl ConnectionTrait, key: &CallKey, owner: &str) -> Result<bool> {
    Ok(Entity::find().filter(mine(key, owner)).one(conn).await?.is_some())
}

/// What giving work back counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// A try.
    Try,
    /// A wait for a speech engine.
    Wait,
    /// Nothing: the service is stopping.
    Nothing,
}

/// Gives work back, to be taken up again at `due_at`. False if the lease was lost.
pub async fn release(
    tx: &Transaction,
    key: &CallKey,
    owner: &str,
    due_at: DateTime<Utc>,
    counts: Counts,
) -> Result<bool> {
    let mut update = Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .col_expr(Column::DueAt, Expr::val(due_at))
        .filter(mine(key, owner));
    if counts != Counts::Try {
        update = update.col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1));
    }
    if counts == Counts::Wait {
        update = update.col_expr(Column::Waits, Expr::col(Column::Waits).add(1));
    }
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Recordings whose transcript is not made yet, and those of them that wait for a speech engine.
pub async fn open(conn: &impl ConnectionTrait) -> Result<(u64, u64)> {
    let recordings = || Entity::find().filter(Column::Kind.eq(Kind::Recording));
    Ok((recordings().count(conn).await?, recordings().filter(Column::Waits.gt(0)).count(conn).await?))
}

/// Ends all leases: on SQLite, where there is one process, when it starts, since whoever held them is dead.
pub async fn release_all(tx: &Transaction) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .exec(tx)
        .await?;
    Ok(())
}

fn mine(key: &CallKey, owner: &str) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(Column::Workspace.eq(key.workspace.as_str()))
        .add(Column::Call.eq(key.call.as_str()))
        .add(Column::LeaseOwner.eq(owner))
}
