//! Locks on a name that isn't a row yet, held until the transaction ends.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sha2::{Digest, Sha256};

use crate::{Backend, Result, Transaction};

/// Waits until no other transaction holds `(scope, name)` in this schema's database. On PostgreSQL this is an
/// advisory lock; on SQLite the write transaction is exclusive already. Two names may share a lock (64-bit hash),
/// which costs a wait and nothing else. Take several in a fixed order, or one of the two transactions is given up
/// as [`Error::Busy`](crate::Error::Busy).
///
/// # Errors
/// [`Error::Busy`](crate::Error::Busy) when the wait passes the statement timeout.
pub async fn name(tx: &Transaction, scope: &str, name: &str) -> Result<()> {
    if tx.backend() == Backend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock($1 # hashtextextended(coalesce(current_schema(), ''), 0))";
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [key(scope, name).into()])).await?;
    }
    Ok(())
}

fn key(scope: &str, name: &str) -> i64 {
    let digest = Sha256::new().chain_update(scope).chain_update([0]).chain_update(name).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_and_name_do_not_run_into_each_other() {
        assert_ne!(key("ab", "c"), key("a", "bc"));
        assert_eq!(key("a", "b"), key("a", "b"));
    }
}
