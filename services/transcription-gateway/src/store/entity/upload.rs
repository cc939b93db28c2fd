//! `upload`: recordings on their way, one row each.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Announced size of the whole.
    pub size_bytes: i64,
    /// Announced checksum of the whole; empty for none.
    pub sha256: String,
    /// Bytes that are stored: the sum of its parts.
    pub stored_bytes: i64,
    /// Number of its parts.
    pub parts: i32,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
