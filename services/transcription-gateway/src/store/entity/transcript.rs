//! `transcript`: the revisions of a call's words.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, number (from 1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transcript")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    pub source: String,
    pub engine: String,
    pub language: String,
    pub punctuation: String,
    /// Whether voices that share a channel were told apart.
    pub separation: String,
    pub duration_ms: i32,
    pub turn_count: i32,
    pub created_at: DateTimeUtc,
    /// Who corrected it: subject of the token; empty for any other.
    pub author: String,
    /// When the live stream that it was made of broke off.
    pub broke_off_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
