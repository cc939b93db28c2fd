//! `transcription_settings`: one row a workspace that ever set something.

use sea_orm::entity::prelude::*;

/// Key: workspace.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transcription_settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The settings, JSON.
    pub settings: String,
    /// Counts changes, from 1.
    pub version: i64,
    pub updated_at: DateTimeUtc,
    /// Subject of the token.
    pub updated_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
