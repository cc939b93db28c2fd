//! Speech engines: declared, changed, removed, and read by every replica.

use chrono::{DateTime, SubsecRound as _, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_store::{Error, Result, Transaction};

use super::entity::speech_engine::{ActiveModel, Column, Entity, Model};
use crate::domain::engine::Spec;
use crate::engine::router::Declared;

/// An engine as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub spec: Spec,
    pub row: Model,
}

/// Writes a new one.
pub async fn insert(tx: &Transaction, workspace: &str, id: &str, spec: &Spec, now: DateTime<Utc>) -> Result<Stored> {
    let now = now.trunc_subsecs(6);
    let row = ActiveModel {
        workspace: Set(workspace.to_owned()),
        id: Set(id.to_owned()),
        spec: Set(to_json(spec)?),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    find(tx, workspace, id).await?.ok_or_else(|| Error::internal("the speech engine just written is gone"))
}

/// Writes what changed of one that was read in the same transaction.
pub async fn update(tx: &Transaction, stored: &Stored, spec: &Spec, now: DateTime<Utc>) -> Result<Stored> {
    let change = ActiveModel {
        workspace: Unchanged(stored.row.workspace.clone()),
        id: Unchanged(stored.row.id.clone()),
        spec: Set(to_json(spec)?),
        updated_at: Set(now.trunc_subsecs(6)),
        version: Set(stored.row.version + 1),
        ..Default::default()
    };
    stored_of(Entity::update(change).exec(tx).await?)
}

/// Removes one.
pub async fn delete(tx: &Transaction, workspace: &str, id: &str) -> Result<()> {
    Entity::delete_by_id((workspace.to_owned(), id.to_owned())).exec(tx).await?;
    Ok(())
}

/// The one of this id, if it is stored.
pub async fn find(conn: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Stored>> {
    Entity::find_by_id((workspace.to_owned(), id.to_owned())).one(conn).await?.map(stored_of).transpose()
}

/// The one of this id, held against other changes until the transaction ends.
pub async fn find_for_update(tx: &Transaction, workspace: &str, id: &str) -> Result<Option<Stored>> {
    let mut query = Entity::find_by_id((workspace.to_owned(), id.to_owned()));
    if tx.get_database_backend() == DbBackend::Postgres {
        query = query.lock_exclusive();
    }
    query.one(tx).await?.map(stored_of).transpose()
}

/// Those of a workspace, by id.
pub async fn list(conn: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Stored>> {
    let rows = Entity::find().filter(Column::Workspace.eq(workspace)).order_by_asc(Column::Id).all(conn).await?;
    rows.into_iter().map(stored_of).collect()
}

/// All that are declared. They are few: every replica reads them every few seconds.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Declared>> {
    let declared = |row: Model| {
        let Stored { spec, row } = stored_of(row)?;
        Ok(Declared { workspace: row.workspace, id: row.id, spec })
    };
    Entity::find().all(conn).await?.into_iter().map(declared).collect()
}

fn stored_of(row: Model) -> Result<Stored> {
    let spec = serde_json::from_str(&row.spec);
    let spec = spec.map_err(|error| Error::internal(format!("speech engine {}: {error}", row.id)))?;
    Ok(Stored { spec, row })
}

fn to_json(spec: &Spec) -> Result<String> {
    serde_json::to_string(spec).map_err(Error::internal)
}
