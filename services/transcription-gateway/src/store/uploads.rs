//! Uploads and their parts. The number of stored bytes is what writers compete for: whoever moves it has stored.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_store::{Error, Result, Transaction};

use super::entity::upload::{ActiveModel, Column, Entity, Model};
use super::entity::upload_part;
use super::work::CallKey;

/// Writes a new upload.
pub async fn insert(tx: &Transaction, row: &Model) -> Result<()> {
    let Model { workspace, call, id, size_bytes, sha256, stored_bytes, parts, created_at, expires_at } = row.clone();
    let new = ActiveModel {
        workspace: Set(workspace),
        call: Set(call),
        id: Set(id),
        size_bytes: Set(size_bytes),
        sha256: Set(sha256),
        stored_bytes: Set(stored_bytes),
        parts: Set(parts),
        created_at: Set(created_at),
        expires_at: Set(expires_at),
    };
    Entity::insert(new).exec_without_returning(tx).await?;
    Ok(())
}

/// The upload, if there is one that has not expired.
pub async fn find(conn: &impl ConnectionTrait, key: &CallKey, id: &str, now: DateTime<Utc>) -> Result<Option<Model>> {
    Ok(by_id(key, id).filter(Column::ExpiresAt.gt(now)).one(conn).await?)
}

/// The upload, held against other changes until the transaction ends.
pub async fn find_for_update(tx: &Transaction, key: &CallKey, id: &str, now: DateTime<Utc>) -> Result<Option<Model>> {
    let mut query = by_id(key, id).filter(Column::ExpiresAt.gt(now));
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock_exclusive();
    }
    Ok(query.one(tx).await?)
}

fn by_id(key: &CallKey, id: &str) -> sea_orm::Select<Entity> {
    Entity::find_by_id((key.workspace.clone(), key.call.clone(), id.to_owned()))
}

/// Number of uploads of a call.
pub async fn count(conn: &impl ConnectionTrait, key: &CallKey) -> Result<u64> {
    Ok(of_call(key).count(conn).await?)
}

/// Uploads of a call.
pub async fn list(conn: &impl ConnectionTrait, key: &CallKey) -> Result<Vec<Model>> {
    Ok(of_call(key).order_by_asc(Column::Id).all(conn).await?)
}

fn of_call(key: &CallKey) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::Workspace.eq(key.workspace.as_str())).filter(Column::Call.eq(key.call.as_str()))
}

/// Notes a stored piece of `bytes` at the end of an upload that was read for update in this transaction. Returns the
/// upload as it is then.
pub async fn append(
    tx: &Transaction,
    upload: &Model,
    part_key: String,
    bytes: u64,
    expires_at: DateTime<Utc>,
) -> Result<Model> {
    let part = upload_part::ActiveModel {
        workspace: Set(upload.workspace.clone()),
        call: Set(upload.call.clone()),
        upload: Set(upload.id.clone()),
        first_byte: Set(upload.stored_bytes),
        part_key: Set(part_key),
    };
    upload_part::Entity::insert(part).exec_without_returning(tx).await?;
    let change = ActiveModel {
        workspace: Unchanged(upload.workspace.clone()),
        call: Unchanged(upload.call.clone()),
        id: Unchanged(upload.id.clone()),
        stored_bytes: Set(upload.stored_bytes + i64::try_from(bytes).map_err(Error::internal)?),
        parts: Set(upload.parts + 1),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    Ok(Entity::update(change).exec(tx).await?)
}

/// Keys of the pieces in their order.
pub async fn part_keys(conn: &impl ConnectionTrait, upload: &Model) -> Result<Vec<String>> {
    let parts = upload_part::Entity::find()
        .filter(upload_part::Column::Workspace.eq(upload.workspace.as_str()))
        .filter(upload_part::Column::Call.eq(upload.call.as_str()))
        .filter(upload_part::Column::Upload.eq(upload.id.as_str()))
        .order_by_asc(upload_part::Column::FirstByte)
        .all(conn)
        .await?;
    Ok(parts.into_iter().map(|part| part.part_key).collect())
}

/// Removes an upload with its parts' rows. False if it was gone.
pub async fn delete(tx: &Transaction, key: &CallKey, id: &str) -> Result<bool> {
    let key = (key.workspace.clone(), key.call.clone(), id.to_owned());
    Ok(Entity::delete_by_id(key).exec(tx).await?.rows_affected == 1)
}

/// At most `limit` uploads that have expired.
pub async fn expired(conn: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::ExpiresAt.lte(now)).order_by_asc(Column::ExpiresAt);
    Ok(query.limit(limit).all(conn).await?)
}
