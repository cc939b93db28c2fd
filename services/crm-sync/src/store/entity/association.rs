//! `association`: what was believed of a call's deal, version by version.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, version.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "association")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    pub deal: Option<String>,
    pub state: String,
    pub confidence: f64,
    /// JSON.
    pub candidates: String,
    /// When it happened.
    pub call_time: DateTimeUtc,
    /// When it was known.
    pub known_at: DateTimeUtc,
    pub decided_by: String,
    /// None for the present version.
    pub superseded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
