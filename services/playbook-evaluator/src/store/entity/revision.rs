//! `revision`: documents as they were given; only the time of release changes.

use sea_orm::entity::prelude::*;

/// Key: workspace, playbook, number.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    /// Counts from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub title: String,
    pub document: String,
    /// Of the document, lower-case hex.
    pub sha256: String,
    pub created_at: DateTimeUtc,
    /// When it was last released.
    pub released_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
