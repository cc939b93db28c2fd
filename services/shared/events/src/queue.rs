//! The queue in the outbox tables: what is due is leased, and what came of it is noted.
//!
//! Each delivery is blocked by the one before it of the same key, and released when that one is delivered, so a key
//! is in order whoever delivers it, and a parked event holds back those behind it. A delivery that outlives its lease
//! may be made twice, never out of order: its successor is released only after one of the two was answered with OK,
//! and then the consumer has applied it.
//!
//! On PostgreSQL a publisher holds the row it is blocked by until its commit, so that it can't be delivered in between
//! and leave the new one blocked for ever. The relay never waits for such a row: it comes again.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use prost::Message;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Statement};
use throughline_proto::events::v1::Event;
use throughline_store::{Backend, Db, Error, Result, Transaction};

use crate::entity::outbox_delivery::{Column, Entity, State};
use crate::entity::outbox_event;

/// A leased delivery.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) position: i64,
    /// This try, from 1.
    pub(crate) attempt: u32,
    pub(crate) event_type: String,
    pub(crate) event: Event,
}

/// Who leases, for whom, until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease<'a> {
    pub(crate) consumer: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) now: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
}

/// Leases up to `limit` due deliveries, the longest due first, skipping what other replicas are taking at this moment.
pub(crate) async fn claim(tx: &Transaction, lease: Lease<'_>, limit: u32) -> Result<Vec<Claimed>> {
    // The conditions of the partial index stand in the text so that the planner sees that it applies.
    let skip_locked = match tx.backend() {
        Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "WITH due AS MATERIALIZED (
           SELECT position FROM outbox_delivery
           WHERE consumer = $1 AND state = 'PENDING' AND blocked_by IS NULL AND next_attempt_at <= $2
             AND (lease_until IS NULL OR lease_until <= $2)
           ORDER BY next_attempt_at, position LIMIT $3 {skip_locked})
         UPDATE outbox_delivery SET lease_owner = $4, lease_until = $5, attempts = attempts + 1
         FROM due WHERE outbox_delivery.consumer = $1 AND outbox_delivery.position = due.position
         RETURNING outbox_delivery.position AS position, outbox_delivery.attempts AS attempts"
    );
    let Lease { consumer, owner, now, until } = lease;
    let values = [consumer.into(), now.into(), i64::from(limit).into(), owner.into(), until.into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    let mut attempts = Vec::with_capacity(rows.len());
    for row in rows {
        let attempt: i32 = row.try_get("", "attempts")?;
        attempts.push((row.try_get::<i64>("", "position")?, u32::try_from(attempt).unwrap_or(u32::MAX)));
    }
    with_events(tx, attempts).await
}

async fn with_events(tx: &Transaction, attempts: Vec<(i64, u32)>) -> Result<Vec<Claimed>> {
    if attempts.is_empty() {
        return Ok(Vec::new());
    }
    let positions = attempts.iter().map(|(position, _)| *position);
    let rows = outbox_event::Entity::find().filter(outbox_event::Column::Position.is_in(positions)).all(tx).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let Some((_, attempt)) = attempts.iter().find(|(position, _)| *position == row.position) else { continue };
        let event = Event::decode(row.body.as_slice())
            .map_err(|error| Error::internal(format!("outbox event {}: {error}", row.position)))?;
        claimed.push(Claimed { position: row.position, attempt: *attempt, event_type: row.event_type, event });
    }
    Ok(claimed)
}

/// The undelivered event of a key that the next one has to wait for. Call it under the lock of the key.
pub(crate) async fn last_open(
    tx: &Transaction,
    consumer: &str,
    workspace: &str,
    ordering_key: &str,
) -> Result<Option<i64>> {
    let row_lock = match tx.backend() {
        Backend::Postgres => "FOR UPDATE",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "SELECT position FROM outbox_delivery
         WHERE consumer = $1 AND workspace = $2 AND ordering_key = $3 AND state <> 'DELIVERED'
         ORDER BY position DESC LIMIT 1 {row_lock}"
    );
    let values = [consumer.into(), workspace.into(), ordering_key.into()];
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "position")).transpose()?)
}

/// Those of `positions` that no publisher holds at this moment, locked until the end of `tx`.
pub(crate) async fn lock_free(tx: &Transaction, consumer: &str, positions: Vec<i64>) -> Result<HashSet<i64>> {
    if positions.is_empty() || tx.backend() == Backend::Sqlite {
        return Ok(positions.into_iter().collect());
    }
    let locked: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Position)
        .filter(Column::Consumer.eq(consumer))
        .filter(Column::Position.is_in(positions))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(locked.into_iter().collect())
}

/// The consumer has these events, whoever holds the lease by now.
pub(crate) async fn delivered(tx: &Transaction, consumer: &str, positions: &[i64], now: DateTime<Utc>) -> Result<()> {
    if positions.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::val(State::Delivered))
        .col_expr(Column::SettledAt, Expr::val(now))
        .col_expr(Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .filter(Column::Consumer.eq(consumer))
        .filter(Column::Position.is_in(positions.iter().copied()))
        .exec(tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::BlockedBy, Expr::val(Option::<i64>::None))
        .filter(Column::Consumer.eq(consumer))
        .filter(Column::BlockedBy.is_in(positions.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// The try failed: again at `retry_at`, or parked when there is none. Without effect when the lease was lost.
pub(crate) async fn failed(
    tx: &Transaction,
    lease: Lease<'_>,
    position: i64,
    last_error: &str,
    retry_at: Option<DateTime<Utc>>,
) -> Result<()> {
    let (state, settled_at) = match retry_at {
        Some(_) => (State::Pending, None),
        None => (State::Parked, Some(lease.now)),
    };
    Entity::update_many()
        .col_expr(Column::State, Expr::val(state))
        .col_expr(Column::SettledAt, Expr::val(settled_at))
        .col_expr(Column::NextAttemptAt, Expr::val(retry_at.unwrap_or(lease.now)))
        .col_expr(Column::LastError, Expr::val(last_error))
        .col_expr(Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .filter(Column::Consumer.eq(lease.consumer))
        .filter(Column::Position.eq(position))
        .filter(Column::LeaseOwner.eq(lease.owner))
        .filter(Column::State.eq(State::Pending))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes the leases of a process that was killed. For SQLite, where the relay of the one process that serves the
/// file is starting, so every lease is a dead one; a mistake costs a second delivery of the same event, no more.
pub(crate) async fn release_all(db: &Db) -> Result<()> {
    let tx = db.begin().await?;
    Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .filter(Column::LeaseUntil.is_not_null())
        .exec(&tx)
        .await?;
    tx.commit().await
}
