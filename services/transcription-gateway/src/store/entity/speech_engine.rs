//! `speech_engine`: what a workspace declares of an engine.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "speech_engine")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// JSON of a [`Spec`](crate::domain::engine::Spec).
    pub spec: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Counts changes.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
