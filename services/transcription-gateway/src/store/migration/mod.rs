//! Migrations of this service, in order.

mod m0001_calls;
mod m0002_annotations;

use throughline_store::migration::Migrations;

/// All of them.
pub fn migrations() -> Migrations {
    vec![Box::new(m0001_calls::Calls), Box::new(m0002_annotations::Annotations)]
}
