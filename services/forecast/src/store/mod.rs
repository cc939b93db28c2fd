//! The deal log in the database: rows are appended and read, never changed but for words that are erased.

mod entity;
mod migration;
mod reader;
mod row;
mod writer;

pub use migration::migrations;
pub use reader::Reader;
pub use row::Recorded;
pub use writer::Writer;

/// The service's schema on PostgreSQL.
pub const SCHEMA: &str = "forecast";

/// Rows of one statement: eleven columns each stay well under SQLite's 32,766 parameters.
const CHUNK: usize = 500;
