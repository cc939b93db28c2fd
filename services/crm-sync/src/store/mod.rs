//! This service's tables and every query on them. Functions that write take the transaction of the one change they are part of.

pub mod associations;
pub mod entity;
pub mod facts;
pub mod histories;
pub mod migration;
pub mod near;
pub mod people;
pub mod proposals;
pub mod records;
pub mod row;
pub mod sequence;
pub mod views;

pub use migration::migrations;

/// Schema of this service on PostgreSQL.
pub const SCHEMA: &str = "crm_sync";

/// Rows of one statement: far below the limits on bound values of both databases.
const CHUNK: usize = 500;
