//! Migrations of this service, in order.

mod m0001_playbook;

use throughline_store::migration::Migrations;

/// All of them.
pub fn migrations() -> Migrations {
    vec![Box::new(m0001_playbook::Playbook)]
}
