//! `work`: calls whose transcript is being made, or is to be: one row a call, gone when it is done.

use sea_orm::entity::prelude::*;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Kind {
    /// Transcribe the recording.
    #[sea_orm(string_value = "recording")]
    Recording,
    /// A live stream runs in the process that holds the lease.
    #[sea_orm(string_value = "live")]
    Live,
}

/// Key: workspace, call.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    pub kind: Kind,
    /// Tries so far.
    pub attempts: i32,
    pub due_at: DateTimeUtc,
    pub lease_owner: Option<String>,
    pub lease_until: Option<DateTimeUtc>,
    /// Times it was put off because no speech engine could be had; they are no tries.
    pub waits: i32,
    /// Trace context of the call that asked for it.
    pub traceparent: String,
}

impl ActiveModelBehavior for ActiveModel {}
