//! This service's tables and every query on them. Functions that write take the transaction of the one change they are part of.

pub mod behaviors;
pub mod calls;
pub mod entity;
pub mod migration;
pub mod nudges;
pub mod period;
pub mod reps;
pub mod row;
pub mod summaries;
pub mod tallies;

pub use migration::migrations;
pub use period::Period;

/// Schema of this service on PostgreSQL.
pub const SCHEMA: &str = "coaching_engine";
