//! This service's tables and every query on them. Functions that write take the transaction of the one change they are
//! part of.

pub mod behaviors;
pub mod calls;
pub mod changes;
pub mod engines;
pub mod entity;
pub mod imports;
pub mod migration;
pub mod purges;
pub mod recordings;
pub mod row;
pub mod search;
pub mod settings;
pub mod transcripts;
pub mod uploads;
pub mod voices;
pub mod work;

pub use migration::migrations;

/// Schema of this service on PostgreSQL.
pub const SCHEMA: &str = "transcription_gateway";
