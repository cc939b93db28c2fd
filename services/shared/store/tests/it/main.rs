//! The store on SQLite and on PostgreSQL: the same suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod idempotency;
mod inbox;
mod migrations;
mod note;
mod refusals;
mod transactions;
