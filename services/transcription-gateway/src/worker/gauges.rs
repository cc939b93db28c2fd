//! What waits to be transcribed and how watched prefixes stand: for dashboards and alerts.

use std::time::Duration;

use opentelemetry::metrics::Gauge;
use opentelemetry::{KeyValue, global};
use throughline_store::{Db, Result};
use tokio_util::sync::CancellationToken;

use crate::store::entity::import_item::State;
use crate::store::imports::SourceKey;
use crate::store::{imports, work};

/// How often the tables are asked.
const INTERVAL: Duration = Duration::from_secs(15);

/// The gauges of recordings and of the prefixes that are configured. Every replica reports the whole tables, so dashboards take the maximum and not the sum.
pub struct Gauges {
    db: Db,
    sources: Vec<SourceKey>,
    recordings: Gauge<u64>,
    waiting: Gauge<u64>,
    failing: Gauge<u64>,
    items: Gauge<u64>,
}

impl Gauges {
    /// Of the meter provider that is set by now.
    pub fn new(db: Db, sources: Vec<SourceKey>) -> Self {
        let meter = global::meter("throughline");
        let recordings = meter
            .u64_gauge("throughline.recordings.pending")
            .with_description("Recordings whose transcript is not made yet.")
            .build();
        let waiting = meter
            .u64_gauge("throughline.recordings.waiting")
            .with_description("Those of them for which no speech engine could be had.")
            .build();
        let failing = meter
            .u64_gauge("throughline.imports.failing")
            .with_description("1 where the last look at a watched prefix failed, else 0.")
            .build();
        let items = meter
            .u64_gauge("throughline.imports.objects")
            .with_description("Objects under a watched prefix that are not imported, by state: pending or failed.")
            .build();
        Self { db, sources, recordings, waiting, failing, items }
    }

    /// Measures every few seconds until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.measure().await {
                tracing::debug!(%error, "what waits could not be measured");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    async fn measure(&self) -> Result<()> {
        let conn = self.db.conn();
        let (pending, waiting) = work::open(conn).await?;
        self.recordings.record(pending, &[]);
        self.waiting.record(waiting, &[]);
        for source in &self.sources {
            let seen = imports::source(conn, source).await?;
            let failing = seen.is_some_and(|seen| !seen.last_error.is_empty());
            let of =
                [KeyValue::new("workspace", source.workspace.clone()), KeyValue::new("import", source.name.clone())];
            self.failing.record(failing.into(), &of);
            for (state, name) in [(State::Pending, "pending"), (State::Failed, "failed")] {
                let count = imports::count(conn, source, state).await?;
                let [workspace, import] = of.clone();
                self.items.record(count, &[workspace, import, KeyValue::new("state", name)]);
            }
        }
        Ok(())
    }
}
