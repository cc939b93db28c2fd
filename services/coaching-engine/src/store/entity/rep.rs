//! `rep`: the sellers seen on evaluated calls.

use sea_orm::entity::prelude::*;

/// Key: workspace, rep.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rep")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rep: String,
    /// As on the latest call.
    pub display_name: String,
    /// Time of the latest call.
    pub last_call_time: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
