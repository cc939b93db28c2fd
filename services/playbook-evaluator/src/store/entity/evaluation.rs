//! `evaluation`: what was computed, as the protobuf message that is served.

use sea_orm::entity::prelude::*;

/// Key: workspace, id. One for each transcript and revision.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// UUID v7: sorts by the time it was made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Id of the call.
    pub call: String,
    /// Revision of the transcript, as its name has it.
    pub transcript: String,
    pub playbook: String,
    pub revision: i32,
    /// Id of the rep, empty when none is known.
    pub rep: String,
    pub body: Vec<u8>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
