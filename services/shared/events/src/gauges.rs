//! How much waits in the outbox, for how long, and what was parked: for dashboards and alerts.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use opentelemetry::metrics::Gauge;
use opentelemetry::{KeyValue, global};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use throughline_rpc::Clock;
use throughline_store::{Db, Result};
use tokio_util::sync::CancellationToken;

/// How often the tables are asked.
const INTERVAL: Duration = Duration::from_secs(15);

/// The gauges of one outbox. Every replica reports the whole table, so dashboards take the maximum and not the sum.
pub(crate) struct Gauges {
    db: Db,
    clock: Clock,
    consumers: Vec<String>,
    pending: Gauge<u64>,
    oldest_age: Gauge<f64>,
    parked: Gauge<u64>,
}

/// Where the deliveries to one consumer stand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Backlog {
    /// That wait for their first or next try.
    pub pending: u64,
    /// When the oldest event that is pending was written.
    pub oldest: Option<DateTime<Utc>>,
    /// Given up.
    pub parked: u64,
}

impl Gauges {
    /// Of the meter provider that is set by now.
    pub(crate) fn new(db: Db, clock: Clock, consumers: Vec<String>) -> Self {
        let meter = global::meter("throughline");
        let pending = meter
            .u64_gauge("throughline.outbox.pending")
            .with_description("Deliveries that wait for their first or next try.")
            .build();
        let oldest_age = meter
            .f64_gauge("throughline.outbox.oldest_age")
            .with_unit("s")
            .with_description("Age of the oldest event that waits for delivery; 0 when none does.")
            .build();
        let parked = meter
            .u64_gauge("throughline.deliveries.parked")
            .with_description("Deliveries given up, which wait for a person.")
            .build();
        Self { db, clock, consumers, pending, oldest_age, parked }
    }

    /// Measures every few seconds until `shutdown`.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        loop {
            match backlogs(&self.db).await {
                Ok(backlogs) => self.record(&backlogs),
                Err(error) => tracing::debug!(%error, "the outbox could not be measured"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    fn record(&self, backlogs: &HashMap<String, Backlog>) {
        let now = self.clock.now();
        for consumer in &self.consumers {
            let Backlog { pending, oldest, parked } = backlogs.get(consumer).copied().unwrap_or_default();
            let age = oldest.and_then(|oldest| (now - oldest).to_std().ok()).unwrap_or_default();
            // The schema keeps the services apart that share a process.
            let of = [
                KeyValue::new("consumer", consumer.clone()),
                KeyValue::new("db.namespace", self.db.schema().to_owned()),
            ];
            self.pending.record(pending, &of);
            self.oldest_age.record(age.as_secs_f64(), &of);
            self.parked.record(parked, &of);
        }
    }
}

/// Where the deliveries stand, by consumer; without those that have nothing open.
///
/// # Errors
/// The mapped database error.
pub async fn backlogs(db: &Db) -> Result<HashMap<String, Backlog>> {
    // The condition is that of a partial index: what was delivered is not read.
    let sql = "SELECT d.consumer AS consumer, d.state AS state, count(*) AS deliveries, min(e.created_at) AS oldest
        FROM outbox_delivery d JOIN outbox_event e ON e.position = d.position
        WHERE d.state <> 'DELIVERED' GROUP BY d.consumer, d.state";
    let backend = match db.backend() {
        throughline_store::Backend::Sqlite => DbBackend::Sqlite,
        throughline_store::Backend::Postgres => DbBackend::Postgres,
    };
    let mut backlogs = HashMap::<String, Backlog>::new();
    for row in db.conn().query_all_raw(Statement::from_string(backend, sql)).await? {
        let backlog = backlogs.entry(row.try_get("", "consumer")?).or_default();
        let deliveries = u64::try_from(row.try_get::<i64>("", "deliveries")?).unwrap_or_default();
        if row.try_get::<String>("", "state")? == "PARKED" {
            backlog.parked = deliveries;
        } else {
            backlog.pending = deliveries;
            backlog.oldest = Some(row.try_get("", "oldest")?);
        }
    }
    Ok(backlogs)
}
