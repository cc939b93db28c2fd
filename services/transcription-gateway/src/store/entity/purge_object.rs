//! `purge_object`: objects of purged calls that are still to be removed from the store.

use sea_orm::entity::prelude::*;

/// Key: the object's key in the store.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purge_object")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub object_key: String,
    pub workspace: String,
    /// Id of the receipt that is complete without it.
    pub receipt: String,
    /// Tries so far.
    pub attempts: i32,
    /// When to try next; also how long whoever tries now is alone with it.
    pub due_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
