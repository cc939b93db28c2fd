//! `call_facts`: what the latest evaluation of each call by each playbook found, as far as the CRM is concerned.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, playbook.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_facts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    pub evaluation: String,
    pub evaluated_at: DateTimeUtc,
    /// JSON.
    pub context: String,
    /// JSON.
    pub facts: String,
    /// JSON.
    pub mappings: String,
}

impl ActiveModelBehavior for ActiveModel {}
