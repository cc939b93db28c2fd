//! `behavior`: the behaviors of each playbook, as its latest evaluated revision has them.

use sea_orm::entity::prelude::*;

/// Key: workspace, playbook, behavior.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "behavior")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub behavior: String,
    /// Place in the playbook, from 0.
    pub position: i32,
    pub description: String,
    pub weight: f64,
    /// `seek` or `avoid`.
    pub polarity: String,
    /// Time of the evaluation that brought it.
    pub evaluated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
