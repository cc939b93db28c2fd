//! Which events a consumer has applied: the row that makes at-least-once delivery apply once.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{OnConflict, Order, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, TryInsertResult};

use crate::entity::inbox_event;
use crate::{Db, Result, Transaction, sweep};

/// Notes in `tx` that `consumer` applies `event_id`. `false` means it was applied before: change nothing and answer
/// with success. A concurrent delivery of the same event waits here until the first one commits or rolls back.
///
/// # Errors
/// The mapped database error.
pub async fn first_delivery(tx: &Transaction, consumer: &str, event_id: &str, now: DateTime<Utc>) -> Result<bool> {
    let row = inbox_event::ActiveModel {
        consumer: Set(consumer.to_owned()),
        event_id: Set(event_id.to_owned()),
        received_at: Set(now),
    };
    let key = [inbox_event::Column::Consumer, inbox_event::Column::EventId];
    let inserted = inbox_event::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(count) if count > 0))
}

/// Forgets events applied before `before`, in small transactions; returns how many. Choose it well past the time a
/// relay may still deliver (its retention), or a late repeat would be applied again.
///
/// # Errors
/// The mapped database error; what was removed before stays removed.
pub async fn cleanup(db: &Db, before: DateTime<Utc>) -> Result<u64> {
    let key = [inbox_event::Column::Consumer, inbox_event::Column::EventId];
    let old = Query::select()
        .columns(key)
        .from(inbox_event::Entity)
        .and_where(inbox_event::Column::ReceivedAt.lt(before))
        .order_by(inbox_event::Column::ReceivedAt, Order::Asc)
        .take();
    sweep(db, inbox_event::Entity, key, old).await
}
