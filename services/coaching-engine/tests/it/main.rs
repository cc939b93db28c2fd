//! The coaching engine over gRPC, on SQLite and on PostgreSQL: the same suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod delivery;
mod nudges;
mod profiles;
mod purging;
mod speed;
mod summaries;
mod talk;
mod world;
