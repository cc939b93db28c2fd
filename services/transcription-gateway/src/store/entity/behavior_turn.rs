//! `behavior_turn`: the turns that are evidence of a behavior.

use sea_orm::entity::prelude::*;

/// Key: all of it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "behavior_turn")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub behavior: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
