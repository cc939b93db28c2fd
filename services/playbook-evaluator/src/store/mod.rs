//! This service's tables and every query on them. Functions that write take the transaction of the one change they are part of.

pub mod entity;
pub mod evaluations;
pub mod labels;
pub mod migration;
pub mod models;
pub mod revisions;

pub use migration::migrations;

/// Schema of this service on PostgreSQL.
pub const SCHEMA: &str = "playbook_evaluator";
