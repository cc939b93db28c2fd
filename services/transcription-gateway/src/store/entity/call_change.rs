//! `call_change`: the log of what became of calls, written by triggers.

use sea_orm::entity::prelude::*;

/// Key: workspace, sequence.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Counts the changes of the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub call: String,
    pub kind: String,
    pub state: String,
    pub processed_ms: i32,
    pub transcript: i32,
    pub deal_id: String,
    /// Of a call that is gone, apart by blanks.
    pub reps: String,
}

impl ActiveModelBehavior for ActiveModel {}
