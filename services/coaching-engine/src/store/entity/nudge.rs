//! `nudge`: words given to reps, and what became of each.

use sea_orm::entity::prelude::*;

/// Key: workspace, id. Ids sort by the time they were given.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nudge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub rep: String,
    pub call: String,
    pub call_time: DateTimeUtc,
    pub behavior: String,
    pub text: String,
    pub expected_gain: f64,
    pub adoption: f64,
    pub applies_probability: f64,
    /// A quote, or none.
    pub example: Option<String>,
    /// None while pending.
    pub shown: Option<bool>,
    /// The call that decided it, and when it took place.
    pub outcome_call: Option<String>,
    pub outcome_at: Option<DateTimeUtc>,
    pub given_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
