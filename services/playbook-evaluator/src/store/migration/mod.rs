//! Migrations of this service, in order.

mod m0001_playbook;
mod m0002_label;
mod m0003_model;

use throughline_store::migration::Migrations;
use throughline_store::purged::PurgedCalls;

/// All of them.
pub fn migrations() -> Migrations {
    vec![
        Box::new(m0001_playbook::Playbook),
        Box::new(m0002_label::Label),
        Box::new(m0003_model::Model),
        Box::new(PurgedCalls),
    ]
}
