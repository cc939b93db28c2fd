//! Migrations of the service's own tables, in order.

mod deal_log;

use throughline_store::migration::Migrations;
use throughline_store::purged::PurgedCalls;

pub fn migrations() -> Migrations {
    vec![Box::new(deal_log::DealLog), Box::new(PurgedCalls)]
}
