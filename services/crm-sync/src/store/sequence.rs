//! Numbers of changes, one line a workspace. Whoever takes numbers holds the line until its transaction ends, so a consumer that has seen
//! number n has seen all before it.

use sea_orm::{ConnectionTrait, Statement};
use throughline_store::{Error, Result, Transaction};

/// Takes `count` numbers; returns the first. Take them late in a transaction.
pub async fn take(tx: &Transaction, workspace: &str, count: usize) -> Result<i64> {
    let count = i64::try_from(count).map_err(Error::internal)?;
    let sql = "INSERT INTO change_count (workspace, last) VALUES ($1, $2)
         ON CONFLICT (workspace) DO UPDATE SET last = change_count.last + excluded.last RETURNING last";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [workspace.into(), count.into()]);
    let row = tx.query_one_raw(statement).await?.ok_or_else(|| Error::internal("no count of changes came back"))?;
    Ok(row.try_get::<i64>("", "last")? - count + 1)
}
