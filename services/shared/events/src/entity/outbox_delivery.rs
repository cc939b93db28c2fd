//! `outbox_delivery`: where one event stands with one consumer.

use sea_orm::entity::prelude::*;

/// Where a delivery stands. The partial indexes of the table name these values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Waits for its first or next try, or is being tried.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Applied by the consumer.
    #[sea_orm(string_value = "DELIVERED")]
    Delivered,
    /// Given up; waits for a person, and later events of its key wait behind it.
    #[sea_orm(string_value = "PARKED")]
    Parked,
}

/// Key: consumer, position.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub consumer: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub workspace: String,
    pub ordering_key: String,
    pub state: State,
    /// Tries begun.
    pub attempts: i32,
    /// Position of the event of the same key that has to be delivered before.
    pub blocked_by: Option<i64>,
    pub next_attempt_at: DateTimeUtc,
    /// The relay that is trying it.
    pub lease_owner: Option<String>,
    /// When another relay may take it over.
    pub lease_until: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    /// When it was delivered or parked.
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
