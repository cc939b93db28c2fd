//! `outbox_event`: what happened, in the order of commits per key.

use sea_orm::entity::prelude::*;

/// Key: position.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_event")]
pub struct Model {
    /// Grows; within a key, in the order of commits. Gaps are normal.
    #[sea_orm(primary_key)]
    pub position: i64,
    #[sea_orm(unique)]
    pub event_id: String,
    pub workspace: String,
    pub ordering_key: String,
    /// For people who read the table; the body says it as well.
    pub event_type: String,
    /// The encoded `throughline.events.v1.Event`.
    pub body: Vec<u8>,
    /// W3C trace context of the transaction that wrote it; empty when nothing was traced.
    pub traceparent: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
