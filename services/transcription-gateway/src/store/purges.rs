//! Receipts of purges, the objects they still have to remove, and the deadlines that lead to them.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use throughline_store::{Backend, Error, Result, Transaction};

use super::entity::{call, legal_hold, purge_object, purge_receipt};
use super::row::StoredCall;
use super::work::CallKey;
use crate::domain::purge::{Cause, Removed, Why};

/// Tables whose rows are sound, words or work on them of one call (columns `workspace` and `call`), those in front first.
pub const OF_CONTENT: [&str; 8] =
    ["behavior_turn", "call_behavior", "search_call", "turn", "transcript", "work", "upload_part", "upload"];
/// Tables whose rows go with a call: those, and who was on it. A test compares them with the schema.
pub const OF_A_CALL: [&str; 9] = [
    "behavior_turn",
    "call_behavior",
    "search_call",
    "turn",
    "transcript",
    "work",
    "upload_part",
    "upload",
    "call_rep",
];
/// Tables that name a call and stay: what became of it, for those who watch. States and numbers, and the ids of reps and
/// deal who are to be told; forgotten after `watch.retention`.
pub const OF_ITS_COURSE: [&str; 1] = ["call_change"];
/// Tables that name a call they came from and stay, since they stand on a consent of their own.
pub const OF_ITSELF: [&str; 1] = ["voice"];

/// A receipt as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    pub workspace: String,
    pub id: String,
    pub call: String,
    pub cause: Cause,
    pub reason: String,
    pub by: String,
    pub purged_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub removed: Removed,
}

/// Has SQLite overwrite what is removed from now on: else it only marks the room in its file as free.
pub async fn overwrite_removed(tx: &Transaction) -> Result<()> {
    if tx.backend() == Backend::Sqlite {
        tx.execute_unprepared("PRAGMA secure_delete = ON").await?;
    }
    Ok(())
}

/// Removes the rows of a call from these tables and counts them into `removed`.
pub async fn remove_rows(tx: &Transaction, key: &CallKey, tables: &[&str], removed: &mut Removed) -> Result<()> {
    overwrite_removed(tx).await?;
    for table in tables {
        let sql = format!("DELETE FROM {table} WHERE workspace = $1 AND call = $2");
        let values = [key.workspace.clone().into(), key.call.clone().into()];
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        let rows = tx.execute_raw(statement).await?.rows_affected();
        count(removed, table, rows);
    }
    Ok(())
}

/// Counts the rows of a call in every table of [`OF_A_CALL`].
pub async fn count_rows(conn: &impl ConnectionTrait, key: &CallKey) -> Result<Removed> {
    let mut found = Removed::default();
    for table in OF_A_CALL {
        let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE workspace = $1 AND call = $2");
        let values = [key.workspace.clone().into(), key.call.clone().into()];
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
        let row = conn.query_one_raw(statement).await?;
        let rows: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0);
        count(&mut found, table, u64::try_from(rows).unwrap_or(0));
    }
    Ok(found)
}

fn count(removed: &mut Removed, table: &str, rows: u64) {
    if rows > 0 {
        *removed.rows.entry(table.to_owned()).or_default() += rows;
    }
}

/// Writes a receipt whose objects are still to be removed, and when to try.
pub async fn insert(
    tx: &Transaction,
    (workspace, id, call): (&str, &str, &str),
    why: &Why,
    (removed, keys): (Removed, Vec<String>),
    now: DateTime<Utc>,
) -> Result<Receipt> {
    let Why { cause, reason, by } = why.clone();
    let completed_at = keys.is_empty().then_some(now);
    let receipt = Receipt {
        workspace: workspace.to_owned(),
        id: id.to_owned(),
        call: call.to_owned(),
        cause,
        reason,
        by,
        purged_at: now,
        completed_at,
        removed,
    };
    let row = purge_receipt::ActiveModel {
        workspace: Set(receipt.workspace.clone()),
        id: Set(receipt.id.clone()),
        call_id: Set(receipt.call.clone()),
        cause: Set(receipt.cause.as_str().to_owned()),
        reason: Set(receipt.reason.clone()),
        purged_by: Set(receipt.by.clone()),
        purged_at: Set(receipt.purged_at),
        completed_at: Set(receipt.completed_at),
        removed: Set(serde_json::to_string(&receipt.removed).map_err(Error::internal)?),
    };
    purge_receipt::Entity::insert(row).exec_without_returning(tx).await?;
    for key in keys {
        let row = purge_object::ActiveModel {
            object_key: Set(key),
            workspace: Set(workspace.to_owned()),
            receipt: Set(id.to_owned()),
            attempts: Set(0),
            due_at: Set(now),
        };
        purge_object::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(receipt)
}

/// A receipt.
pub async fn find(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Receipt>> {
    let found = purge_receipt::Entity::find_by_id((workspace.to_owned(), id.to_owned())).one(conn).await?;
    found.map(receipt).transpose()
}

/// Place in a list: when it was written, and its id.
pub type Position = (DateTime<Utc>, String);

/// At most `limit` receipts of a workspace, newest first, that come after `after`; only those of `call`, if it is named.
pub async fn list(
    conn: &impl ConnectionTrait,
    workspace: &str,
    call: Option<&str>,
    after: Option<Position>,
    limit: u64,
) -> Result<Vec<Receipt>> {
    use purge_receipt::Column;
    let mut query = purge_receipt::Entity::find().filter(Column::Workspace.eq(workspace));
    if let Some(call) = call {
        query = query.filter(Column::CallId.eq(call));
    }
    if let Some((at, id)) = after {
        let same = Condition::all().add(Column::PurgedAt.eq(at)).add(Column::Id.lt(id));
        query = query.filter(Condition::any().add(Column::PurgedAt.lt(at)).add(same));
    }
    let query = query.order_by_desc(Column::PurgedAt).order_by_desc(Column::Id).limit(limit);
    query.all(conn).await?.into_iter().map(receipt).collect()
}

fn receipt(row: purge_receipt::Model) -> Result<Receipt> {
    let purge_receipt::Model { workspace, id, call_id, cause, reason, purged_by, purged_at, completed_at, removed } =
        row;
    Ok(Receipt {
        cause: Cause::parse(&cause).ok_or_else(|| Error::internal(format!("purge cause `{cause}`")))?,
        removed: serde_json::from_str(&removed).map_err(Error::internal)?,
        workspace,
        id,
        call: call_id,
        reason,
        by: purged_by,
        purged_at,
        completed_at,
    })
}

/// A call whose deadline has passed and that no hold keeps, held against other changes until the transaction ends.
/// What another replica is at is passed over.
pub async fn next_expired(tx: &Transaction, now: DateTime<Utc>) -> Result<Option<StoredCall>> {
    let skip_locked = match tx.backend() {
        Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "SELECT * FROM call WHERE expires_at <= $1 AND held_at IS NULL ORDER BY expires_at LIMIT 1 {skip_locked}"
    );
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [now.into()]);
    call::Entity::find().from_raw_sql(statement).one(tx).await?.map(super::row::call).transpose()
}

/// Takes an object that is to be removed, for as long as `alone_until`.
pub async fn claim_object(
    tx: &Transaction,
    now: DateTime<Utc>,
    alone_until: DateTime<Utc>,
) -> Result<Option<purge_object::Model>> {
    let skip_locked = match tx.backend() {
        Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "UPDATE purge_object SET due_at = $1, attempts = attempts + 1
         WHERE object_key IN (SELECT object_key FROM purge_object WHERE due_at <= $2 ORDER BY due_at LIMIT 1 {skip_locked})
         RETURNING object_key, workspace, receipt, attempts, due_at"
    );
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [alone_until.into(), now.into()]);
    Ok(purge_object::Entity::find().from_raw_sql(statement).one(tx).await?)
}

/// Notes when to try again.
pub async fn postpone_object(tx: &Transaction, key: &str, due_at: DateTime<Utc>) -> Result<()> {
    purge_object::Entity::update_many()
        .col_expr(purge_object::Column::DueAt, Expr::val(due_at))
        .filter(purge_object::Column::ObjectKey.eq(key))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that an object is gone; the receipt is complete with the last one.
pub async fn finish_object(tx: &Transaction, object: &purge_object::Model, now: DateTime<Utc>) -> Result<()> {
    use purge_object::Column;
    // Two replicas that end the last two objects of a receipt at once would each see the other's.
    throughline_store::lock::name(tx, "purge", &object.receipt).await?;
    purge_object::Entity::delete_by_id(object.object_key.clone()).exec(tx).await?;
    let of_receipt =
        Condition::all().add(Column::Workspace.eq(&*object.workspace)).add(Column::Receipt.eq(&*object.receipt));
    if purge_object::Entity::find().filter(of_receipt).one(tx).await?.is_none() {
        purge_receipt::Entity::update_many()
            .col_expr(purge_receipt::Column::CompletedAt, Expr::val(now))
            .filter(purge_receipt::Column::Workspace.eq(&*object.workspace))
            .filter(purge_receipt::Column::Id.eq(&*object.receipt))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Keeps a change of a legal hold.
pub async fn note_hold(tx: &Transaction, change: legal_hold::Model) -> Result<()> {
    let legal_hold::Model { workspace, id, call_id, held, reason, changed_by, changed_at } = change;
    let row = legal_hold::ActiveModel {
        workspace: Set(workspace),
        id: Set(id),
        call_id: Set(call_id),
        held: Set(held),
        reason: Set(reason),
        changed_by: Set(changed_by),
        changed_at: Set(changed_at),
    };
    legal_hold::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
