//! `evaluated_call`: the latest evaluation of each call by each playbook.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, playbook.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluated_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    pub evaluation: String,
    pub evaluated_at: DateTimeUtc,
    pub call_time: DateTimeUtc,
    /// None when nobody on the call is known to be a rep.
    pub rep: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
