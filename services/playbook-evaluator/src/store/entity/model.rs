//! `model`: what was learned for a revision; it never changes.

use sea_orm::entity::prelude::*;

/// Key: workspace, playbook, revision.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub playbook: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    /// SHA-256 of what it was trained on beside the document, lower-case hex: embedding model, starter set, labels.
    pub material: String,
    /// The classifiers as JSON; empty where there were none to train.
    pub body: Vec<u8>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
