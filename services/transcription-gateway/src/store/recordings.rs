//! What the database knows of objects in the store of recordings.

use std::collections::HashSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Result, Transaction};

use super::entity::{call, purge_object, store_owner, upload_part};

/// Which of these objects a call has as its recording, an upload as a piece, or a purge will remove itself.
pub async fn known(conn: &impl ConnectionTrait, keys: &[String]) -> Result<HashSet<String>> {
    let recordings: Vec<Option<String>> = call::Entity::find()
        .select_only()
        .column(call::Column::RecordingKey)
        .filter(call::Column::RecordingKey.is_in(keys))
        .into_tuple()
        .all(conn)
        .await?;
    let purged: Vec<String> = purge_object::Entity::find()
        .select_only()
        .column(purge_object::Column::ObjectKey)
        .filter(purge_object::Column::ObjectKey.is_in(keys))
        .into_tuple()
        .all(conn)
        .await?;
    let pieces: Vec<String> = upload_part::Entity::find()
        .select_only()
        .column(upload_part::Column::PartKey)
        .filter(upload_part::Column::PartKey.is_in(keys))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(recordings.into_iter().flatten().chain(purged).chain(pieces).collect())
}

/// At most `limit` sealed recordings that are not known to be under `key_id`, after `after` in the order of their keys.
pub async fn sealed_otherwise(
    conn: &impl ConnectionTrait,
    key_id: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<String>> {
    let found: Vec<Option<String>> = call::Entity::find()
        .select_only()
        .column(call::Column::RecordingKey)
        .filter(call::Column::RecordingKey.like("%.sealed"))
        .filter(call::Column::RecordingKey.gt(after))
        .filter(call::Column::SealedWith.ne(key_id))
        .order_by_asc(call::Column::RecordingKey)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// At most `limit` sealed pieces of uploads under way, after `after` in the order of their keys. Which key they are under
/// stands in their envelopes alone: they are few, and soon gone.
pub async fn sealed_pieces(conn: &impl ConnectionTrait, after: &str, limit: u64) -> Result<Vec<String>> {
    let found = upload_part::Entity::find()
        .select_only()
        .column(upload_part::Column::PartKey)
        .filter(upload_part::Column::PartKey.like("%.sealed"))
        .filter(upload_part::Column::PartKey.gt(after))
        .order_by_asc(upload_part::Column::PartKey);
    Ok(found.limit(limit).into_tuple().all(conn).await?)
}

/// Notes which key a recording is under. The call is not changed by it, as far as anybody can see.
pub async fn set_sealed_with(tx: &Transaction, recording: &str, key_id: &str) -> Result<()> {
    call::Entity::update_many()
        .col_expr(call::Column::SealedWith, Expr::val(key_id))
        .filter(call::Column::RecordingKey.eq(recording))
        .exec(tx)
        .await?;
    Ok(())
}

/// The id of the installation, if it was ever given one.
pub async fn owner(conn: &impl ConnectionTrait) -> Result<Option<String>> {
    Ok(store_owner::Entity::find().one(conn).await?.map(|row| row.id))
}

/// Gives the installation its id.
pub async fn set_owner(tx: &Transaction, id: &str) -> Result<()> {
    store_owner::Entity::insert(store_owner::ActiveModel { id: Set(id.to_owned()) }).exec_without_returning(tx).await?;
    Ok(())
}
