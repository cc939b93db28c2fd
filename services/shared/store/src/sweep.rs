//! Removes old rows in small transactions, so that no writer waits long for it.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait as _, IntoColumnRef, IntoIden, Query, SelectStatement};

use crate::{Db, Result};

/// Rows removed by one transaction.
const BATCH: u64 = 500;

/// Removes the rows of `table` whose `key` is among those that `old` selects, oldest first as `old` orders them; returns
/// how many. `old` selects the columns of `key` in their order, and has no limit of its own.
///
/// # Errors
/// The mapped database error; what was removed before stays removed.
pub async fn sweep<C>(
    db: &Db,
    table: impl IntoIden,
    key: impl IntoIterator<Item = C>,
    mut old: SelectStatement,
) -> Result<u64>
where
    C: IntoColumnRef,
{
    let key = Expr::tuple(key.into_iter().map(Expr::col));
    let doomed = key.in_subquery(old.limit(BATCH).take());
    let batch = Query::delete().from_table(table.into_iden()).and_where(doomed).take();
    let mut removed = 0;
    loop {
        let tx = db.begin().await?;
        let now = tx.execute(&batch).await?.rows_affected();
        tx.commit().await?;
        removed += now;
        if now < BATCH {
            return Ok(removed);
        }
    }
}
