//! Removes what is settled and old: delivered events, applied events, answers to request ids.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_rpc::Clock;
use throughline_store::{Db, Result, idempotency, inbox};
use tokio_util::sync::CancellationToken;

use crate::HousekeepingConfig;
use crate::entity::outbox_delivery::{self, State};
use crate::entity::outbox_event;

/// Rows removed by one transaction, so that no writer waits long for it.
const BATCH: u64 = 500;

/// The worker that removes. Every service runs one; replicas may run it at the same time.
#[derive(Debug)]
pub struct Housekeeping {
    db: Db,
    config: HousekeepingConfig,
    clock: Clock,
}

impl Housekeeping {
    /// A worker on this database.
    pub fn new(db: Db, config: HousekeepingConfig, clock: Clock) -> Self {
        Self { db, config, clock }
    }

    /// Removes what is due every `interval` until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.run_once().await {
                tracing::warn!(%error, "housekeeping failed; the next round takes it up again");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.config.interval) => {}
            }
        }
    }

    /// One round; returns how many rows of each kind were removed.
    ///
    /// # Errors
    /// The mapped database error; what was removed before stays removed.
    pub async fn run_once(&self) -> Result<Removed> {
        let now = self.clock.now();
        let removed = Removed {
            outbox: self.remove_events(now - self.config.outbox_retention).await?,
            inbox: inbox::cleanup(&self.db, now - self.config.inbox_retention).await?,
            idempotency: idempotency::cleanup(&self.db, now).await?,
        };
        tracing::debug!(?removed, "housekeeping done");
        Ok(removed)
    }

    async fn remove_events(&self, before: DateTime<Utc>) -> Result<u64> {
        let mut removed = 0;
        loop {
            let tx = self.db.begin().await?;
            let delivery = Expr::col((outbox_delivery::Entity, outbox_delivery::Column::Position));
            let open = Query::select()
                .expr(Expr::val(1))
                .from(outbox_delivery::Entity)
                .and_where(delivery.equals((outbox_event::Entity, outbox_event::Column::Position)))
                .and_where(outbox_delivery::Column::State.ne(State::Delivered))
                .take();
            let old: Vec<i64> = outbox_event::Entity::find()
                .select_only()
                .column(outbox_event::Column::Position)
                .filter(outbox_event::Column::CreatedAt.lt(before))
                .filter(Expr::exists(open).not())
                .order_by_asc(outbox_event::Column::CreatedAt)
                .limit(BATCH)
                .into_tuple()
                .all(&tx)
                .await?;
            let batch = old.len() as u64;
            if batch > 0 {
                // Deliveries go with their event.
                let doomed = outbox_event::Entity::delete_many().filter(outbox_event::Column::Position.is_in(old));
                removed += doomed.exec(&tx).await?.rows_affected;
            }
            tx.commit().await?;
            if batch < BATCH {
                return Ok(removed);
            }
        }
    }
}

/// Rows removed by one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Events that every consumer has.
    pub outbox: u64,
    /// Notes that an event was applied.
    pub inbox: u64,
    /// Answers past their day.
    pub idempotency: u64,
}
