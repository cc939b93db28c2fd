//! Removes what is settled and old: delivered events, applied events, answers to request ids.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Order, Query};
use sea_orm::{ColumnTrait, ExprTrait};
use throughline_rpc::Clock;
use throughline_store::{Db, Result, idempotency, inbox, sweep};
use tokio_util::sync::CancellationToken;

use crate::HousekeepingConfig;
use crate::entity::outbox_delivery::{self, State};
use crate::entity::outbox_event;

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

    /// Deliveries go with their event.
    async fn remove_events(&self, before: DateTime<Utc>) -> Result<u64> {
        let delivery = Expr::col((outbox_delivery::Entity, outbox_delivery::Column::Position));
        let open = Query::select()
            .expr(Expr::val(1))
            .from(outbox_delivery::Entity)
            .and_where(delivery.equals((outbox_event::Entity, outbox_event::Column::Position)))
            .and_where(outbox_delivery::Column::State.ne(State::Delivered))
            .take();
        let old = Query::select()
            .column(outbox_event::Column::Position)
            .from(outbox_event::Entity)
            .and_where(outbox_event::Column::CreatedAt.lt(before))
            .and_where(Expr::exists(open).not())
            .order_by(outbox_event::Column::CreatedAt, Order::Asc)
            .take();
        sweep(&self.db, outbox_event::Entity, [outbox_event::Column::Position], old).await
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
