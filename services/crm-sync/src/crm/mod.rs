//! What the service does, one transaction each: takes exports and people's edits, finds the deal of a call, makes proposals and carries
//! decisions out. Rules are in `domain`, queries in `store`; here is only what has to happen together.

mod announce;
mod calls;
mod context;
mod decide;
mod edit;
mod import;
mod person;
mod purge;

use std::sync::Arc;

use throughline_events::Outbox;
use throughline_rpc::Clock;
use throughline_store::Db;
use tokio::sync::Notify;

pub use decide::Decision;
pub use edit::Edit;
pub use import::{Import, Imported};
pub use person::Person;

use crate::config::{AssociationConfig, ImportConfig};
use crate::domain::proposal;
use crate::domain::stage::Pipeline;

/// The embedded CRM. Cheap to clone.
#[derive(Clone)]
pub struct Crm {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
    pub(crate) rules: Arc<Rules>,
    /// Rung when records came that calls without a deal may belong to.
    pub(crate) records_came: Arc<Notify>,
}

/// What an installation decides.
#[derive(Debug, Clone)]
pub struct Rules {
    pub pipeline: Pipeline,
    pub import: ImportConfig,
    pub association: AssociationConfig,
    pub proposals: proposal::Settings,
}

impl Crm {
    /// On this database, telling others through `outbox`.
    pub fn new(db: Db, clock: Clock, outbox: Outbox, rules: Rules) -> Self {
        Self { db, clock, outbox, rules: Arc::new(rules), records_came: Arc::new(Notify::new()) }
    }

    /// The database, for reads.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Returns when an import has brought records since the last time.
    pub async fn records_came(&self) {
        self.records_came.notified().await;
    }

    /// Most bytes of one import.
    pub fn max_import_bytes(&self) -> u64 {
        self.rules.import.max_bytes
    }

    /// The picklist of stages.
    pub fn pipeline(&self) -> &Pipeline {
        &self.rules.pipeline
    }
}

/// The scope of the lock under which records are created, so that two transactions never create the same one. It is taken before any
/// other lock of the service: records, calls, rows, numbers, keys of the outbox.
const LOCK_RECORDS: &str = "records";
/// The scope of the lock on a call.
const LOCK_CALL: &str = "call";
