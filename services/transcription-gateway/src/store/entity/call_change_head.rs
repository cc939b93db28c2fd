//! `call_change_head`: how far the log of a workspace goes.

use sea_orm::entity::prelude::*;

/// Key: workspace.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_change_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The latest change.
    pub sequence: i64,
    /// The latest change that is not kept any more.
    pub forgotten: i64,
}

impl ActiveModelBehavior for ActiveModel {}
