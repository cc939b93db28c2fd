//! `deal_log`: one fact with its two times. Append-only.

use sea_orm::entity::prelude::*;

/// Key: workspace and position; (workspace, source, key) is unique as well, so a fact that is told twice is kept once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// From 1, without gaps and in the order of commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub source: String,
    pub source_key: String,
    pub kind: String,
    pub deal_id: Option<String>,
    pub call_id: Option<String>,
    /// Microseconds since 1970, like all times of this table: they compare alike on both databases.
    pub occurred_us: i64,
    pub known_us: i64,
    /// When the row was written.
    pub recorded_us: i64,
    /// The fact as JSON.
    pub body: String,
}

impl ActiveModelBehavior for ActiveModel {}
