//! Transcripts that are stored and not indexed as they would be now: from before there was an index, from a release that
//! still runs beside this one, or with words as an earlier version found them.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use throughline_store::{Result, Transaction};

use super::write;
use crate::search::words;
use crate::store::work::CallKey;
use crate::store::{calls, transcripts};

const STALE: &str = "transcript > 0 AND NOT EXISTS (
    SELECT 1 FROM search_call s WHERE s.workspace = call.workspace AND s.call = call.id AND s.number = call.transcript
      AND s.version >= $1)";

/// At most `limit` calls that are to be indexed, the newest first.
pub async fn list(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<CallKey>> {
    let sql = format!("SELECT workspace, id FROM call WHERE {STALE} ORDER BY created_at DESC LIMIT {limit}");
    let values = [words::VERSION.into()];
    let rows = conn.query_all_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await?;
    let key = |row: sea_orm::QueryResult| {
        Ok(CallKey { workspace: row.try_get("", "workspace")?, call: row.try_get("", "id")? })
    };
    rows.into_iter().map(key).collect()
}

/// Indexes one of them. False if it needs it no more, or another replica is at it: the lock on the call's row is the lease,
/// and ends with the transaction however that ends.
pub async fn index(tx: &Transaction, key: &CallKey) -> Result<bool> {
    let skip = match tx.get_database_backend() {
        DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    let sql = format!("SELECT id FROM call WHERE workspace = $2 AND id = $3 AND {STALE} {skip}");
    let values = [words::VERSION.into(), key.workspace.as_str().into(), key.call.as_str().into()];
    let held = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    if held.is_none() {
        return Ok(false);
    }
    let Some(call) = calls::find(tx, &key.workspace, &key.call).await? else { return Ok(false) };
    let number = call.row.transcript;
    let Some((_, draft)) = transcripts::find(tx, &key.workspace, &key.call, number).await? else { return Ok(false) };
    write::index(tx, &call, number, &draft.turns).await?;
    Ok(true)
}
