//! The relay against a consumer that fails in every way, on SQLite and on PostgreSQL: the same suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod consumer;
mod deliveries;
mod housekeeping;
mod interleavings;
mod mesh;
mod ordering;
mod parking;
mod redelivery;
mod tracing_edges;
