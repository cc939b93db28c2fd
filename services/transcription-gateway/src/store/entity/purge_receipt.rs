//! `purge_receipt`: what a purge removed, without any of it.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purge_receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub call_id: String,
    pub cause: String,
    pub reason: String,
    /// Subject of the token; empty for a deadline.
    pub purged_by: String,
    pub purged_at: DateTimeUtc,
    /// When the objects were gone from the store; none while some are not.
    pub completed_at: Option<DateTimeUtc>,
    /// Objects and rows, JSON.
    pub removed: String,
}

impl ActiveModelBehavior for ActiveModel {}
