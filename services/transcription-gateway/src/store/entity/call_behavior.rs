//! `call_behavior`: what evaluations found of behaviors.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, playbook, behavior.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_behavior")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub behavior: String,
    /// Of the transcript that was evaluated.
    pub number: i32,
    pub outcome: String,
    /// Id of the evaluation.
    pub evaluation: String,
    pub evaluated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
