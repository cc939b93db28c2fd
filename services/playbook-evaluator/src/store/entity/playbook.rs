//! `playbook`: which revision is the latest, and which is released.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playbook")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Title of the released, else the latest revision.
    pub title: String,
    pub latest: i32,
    pub released: Option<i32>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
