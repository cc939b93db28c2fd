//! `record`: users, accounts, contacts and deals. The cells hold everything; the other columns repeat what is searched by.

use sea_orm::entity::prelude::*;

/// Key: workspace, kind, id. Texts that a record lacks are empty.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub version: i64,
    /// JSON: field id to cell.
    pub cells: String,
    pub name: String,
    pub name_key: String,
    pub email: String,
    pub account: String,
    pub owner: String,
    pub stage: String,
    /// Of a deal: neither won nor lost.
    pub open: bool,
    /// Of a deal: number of its last change in the workspace.
    pub sequence: i64,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
