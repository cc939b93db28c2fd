//! `turn`: the turns of a transcript.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, transcript number, position (from 0).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "turn")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Participant id; none when not known.
    pub participant: Option<String>,
    pub side: String,
    pub start_ms: i32,
    pub end_ms: i32,
    pub text: String,
    pub speaker_confidence: f64,
    pub unintelligible: bool,
    /// What is known of the words beside the words, JSON.
    pub annotations: String,
}

impl ActiveModelBehavior for ActiveModel {}
