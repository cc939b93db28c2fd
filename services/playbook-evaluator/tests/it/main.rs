//! The playbook evaluator over gRPC, on SQLite and on PostgreSQL: the same suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod delivery;
mod documents;
mod linting;
mod paging;
mod properties;
mod requests;
mod revisions;
mod rows;
mod talk;
mod world;
