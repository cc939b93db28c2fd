//! The playbook evaluator over gRPC, on SQLite and on PostgreSQL: the same suite.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod delivery;
mod documents;
mod explaining;
mod labelling;
mod linting;
mod live;
mod live_properties;
mod paging;
mod properties;
mod purging;
mod qualification;
mod requests;
mod revisions;
mod rows;
mod talk;
mod withdrawing;
mod world;
