//! What a service needs of its database: a pool on SQLite or PostgreSQL, write transactions, migrations, errors
//! with a meaning, idempotency and inbox rows, notes of what was purged. It owns no table of a service and no query of one.

pub mod config;
mod connect;
mod db;
pub mod entity;
pub mod error;
pub mod idempotency;
pub mod inbox;
pub mod lock;
pub mod migration;
pub mod purged;
mod sweep;
mod transaction;

pub use config::DatabaseConfig;
pub use db::{Backend, Db};
pub use error::Error;
pub use idempotency::Idempotent;
pub use sweep::sweep;
pub use transaction::Transaction;

/// Result with the store's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
