//! Migrations of this service, in order.

mod m0001_calls;
mod m0002_annotations;
mod m0003_settings;
mod m0004_engines;
mod m0005_ways_in;
mod m0006_retention;
mod m0007;
mod m0008_voices;
mod m0009_break_off;

use throughline_store::migration::Migrations;

/// All of them.
pub fn migrations() -> Migrations {
    vec![
        Box::new(m0001_calls::Calls),
        Box::new(m0002_annotations::Annotations),
        Box::new(m0003_settings::Settings),
        Box::new(m0004_engines::Engines),
        Box::new(m0005_ways_in::WaysIn),
        Box::new(m0006_retention::Retention),
        Box::new(m0007::Search),
        Box::new(m0008_voices::Voices),
        Box::new(m0009_break_off::BreakOff),
    ]
}
