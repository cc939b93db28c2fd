//! `purged_call`: a call whose words this service may not keep any more.

use sea_orm::entity::prelude::*;

/// Key: workspace, call.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purged_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Id of the call.
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    /// Revisions of the transcript up to this one are gone; the largest number where the whole call is.
    pub last_transcript: i32,
    pub purged_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
