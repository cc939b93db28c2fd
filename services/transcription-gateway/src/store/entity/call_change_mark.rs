//! `call_change_mark`: how far a log went at a moment.

use sea_orm::entity::prelude::*;

/// Key: workspace, sequence.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_change_mark")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub marked_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
