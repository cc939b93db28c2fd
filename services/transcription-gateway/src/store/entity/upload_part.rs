//! `upload_part`: which stored pieces make an upload.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, upload, place of its first byte.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload_part")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub upload: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_byte: i64,
    /// What the piece is found by.
    pub part_key: String,
}

impl ActiveModelBehavior for ActiveModel {}
