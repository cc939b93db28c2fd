//! `legal_hold`: every change of a legal hold, kept when its call is purged.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub call_id: String,
    /// Set, or released.
    pub held: bool,
    pub reason: String,
    /// Subject of the token.
    pub changed_by: String,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
