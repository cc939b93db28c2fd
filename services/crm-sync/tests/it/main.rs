//! crm-sync over gRPC, on SQLite and on PostgreSQL: the same suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod calls;
mod decisions;
mod delivery;
mod edits;
mod export;
mod imports;
mod lists;
mod peers;
mod people;
mod purging;
mod rows;
mod samples;
mod talk;
mod world;
