//! `log_head`: where a workspace's log ends, and how far the CRM's changes were taken in.

use sea_orm::entity::prelude::*;

/// Key: workspace.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Position of the last entry; 0 when there is none.
    pub head: i64,
    /// Change sequence of crm-sync up to which everything is in the log.
    pub crm_sequence: i64,
}

impl ActiveModelBehavior for ActiveModel {}
