//! `call`: one row a call, with its recording and where it stands.

use sea_orm::entity::prelude::*;

/// Key: workspace, id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub title: String,
    pub call_type: String,
    pub start_time: Option<DateTimeUtc>,
    pub time_zone: String,
    /// JSON.
    pub participants: String,
    /// JSON.
    pub consents: String,
    /// JSON.
    pub account: String,
    /// JSON.
    pub deal: String,
    /// The deal's id once more, to filter by.
    pub deal_id: String,
    pub state: String,
    pub failure: String,
    /// Key of the recording in the store of recordings; none without a recording.
    pub recording_key: Option<String>,
    pub codec: String,
    pub channels: i32,
    pub sample_rate_hz: i32,
    pub recording_ms: i32,
    pub size_bytes: i64,
    pub sha256: String,
    /// Of the recording.
    pub processed_ms: i32,
    /// Number of the latest transcript; 0 for none.
    pub transcript: i32,
    pub created_at: DateTimeUtc,
    /// Counts changes.
    pub version: i64,
    /// Id of the key that the recording was sealed under when it was last looked at; empty where that is not known.
    pub sealed_with: String,
    /// Id of the rep who created it; empty where none did or it is not known.
    pub creator: String,
    pub expires_at: Option<DateTimeUtc>,
    /// Why it is held; empty where it is not.
    pub hold_reason: String,
    pub hold_by: String,
    pub held_at: Option<DateTimeUtc>,
    /// Id of the receipt of its purge; empty while it is there.
    pub purge_receipt: String,
    /// Highest number of a transcript that was removed; 0 for none.
    pub last_transcript: i32,
}

impl ActiveModelBehavior for ActiveModel {}
