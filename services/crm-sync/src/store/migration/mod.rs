//! This service's tables, in order. Names never change once released.

mod m0001_crm;

use throughline_store::migration::Migrations;
use throughline_store::purged::PurgedCalls;

/// Every migration, in order.
pub fn migrations() -> Migrations {
    vec![Box::new(m0001_crm::Crm), Box::new(PurgedCalls)]
}
