//! The queue in the outbox tables: what is due is leased, and what came of it is noted.
//!
//! Only the first undelivered event of a key is ever due, so a key is in order whoever delivers it, and a parked
//! event holds back those behind it. A delivery that outlives its lease may be made twice, never out of order: its
//! successor is due only after one of the two was answered with OK, and then the consumer has applied it.

use chrono::{DateTime, Utc};
use prost::Message;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
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
    // The states stand in the text so that the planner sees that the partial indexes apply.
    let skip_locked = match tx.backend() {
        Backend::Postgres => "FOR UPDATE OF d SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "WITH due AS MATERIALIZED (
           SELECT d.position FROM outbox_delivery AS d
           WHERE d.consumer = $1 AND d.state = 'PENDING' AND d.next_attempt_at <= $2
             AND (d.lease_until IS NULL OR d.lease_until <= $2)
             AND NOT EXISTS (
               SELECT 1 FROM outbox_delivery AS ahead
               WHERE ahead.consumer = d.consumer AND ahead.ordering_key = d.ordering_key AND ahead.workspace = d.workspace
                 AND ahead.position < d.position AND ahead.state <> 'DELIVERED')
           ORDER BY d.next_attempt_at, d.position LIMIT $3 {skip_locked})
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

/// The consumer has these events, whoever holds the lease by now.
pub(crate) async fn delivered(tx: &Transaction, consumer: &str, positions: &[i64], now: DateTime<Utc>) -> Result<()> {
    if positions.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::val("DELIVERED"))
        .col_expr(Column::SettledAt, Expr::val(now))
        .col_expr(Column::LeaseOwner, Expr::val(Option::<String>::None))
        .col_expr(Column::LeaseUntil, Expr::val(Option::<DateTime<Utc>>::None))
        .filter(Column::Consumer.eq(consumer))
        .filter(Column::Position.is_in(positions.iter().copied()))
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
    let settled_at = if retry_at.is_none() { Some(lease.now) } else { None };
    let state = if retry_at.is_none() { State::Parked } else { State::Pending };
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
