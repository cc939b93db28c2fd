//! Models of revisions: written once with the revision, never changed.

use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use throughline_store::{Result, Transaction};

use super::entity::model;

/// A model as it is stored.
pub type Row = model::Model;

/// The model of a revision.
pub async fn get(conn: &impl ConnectionTrait, workspace: &str, playbook: &str, revision: i32) -> Result<Option<Row>> {
    let key = (workspace.to_owned(), playbook.to_owned(), revision);
    Ok(model::Entity::find_by_id(key).one(conn).await?)
}

/// Keeps a model.
pub async fn insert(tx: &Transaction, row: Row) -> Result<()> {
    model::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}
