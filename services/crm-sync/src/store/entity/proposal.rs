//! `proposal`: what machines propose to write, and what became of it.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "proposal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub deal: String,
    pub call: String,
    pub playbook: String,
    pub evaluation: String,
    pub field: String,
    pub state: String,
    pub policy: String,
    pub reason: String,
    /// JSON, or none when the field was empty.
    pub old_value: Option<String>,
    pub seen_version: i64,
    /// JSON.
    pub new_value: String,
    /// JSON.
    pub evidence: String,
    pub confidence: Option<f64>,
    /// JSON.
    pub receipts: String,
    pub spoken_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
