//! This service's tables, in order. Names never change once released.

mod m0001_coaching;
mod m0002_purge;

use throughline_store::migration::Migrations;
use throughline_store::purged::PurgedCalls;

/// Every migration, in order.
pub fn migrations() -> Migrations {
    vec![Box::new(m0001_coaching::Coaching), Box::new(m0002_purge::Purge), Box::new(PurgedCalls)]
}
