//! `label`: what people corrected. A row changes only when it stops counting, or counts again.

use sea_orm::entity::prelude::*;

/// Key: workspace, id. One row counts for each author and target.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "label")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// UUID v7: sorts by the time it was made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Id of the evaluation that was corrected.
    pub evaluation: String,
    /// Id of the call.
    pub call: String,
    /// Revision of the transcript, as its name has it: what `turns` count in.
    pub transcript: String,
    pub playbook: String,
    /// Id of the rep of the evaluation, empty when none is known.
    pub rep: String,
    /// `behavior` or `signal`.
    pub kind: String,
    /// Id of the behavior or signal.
    pub target: String,
    /// `observed`, `missed`, `not_applicable` or `unknown`.
    pub outcome: String,
    /// What was held before.
    pub previous: String,
    /// Indexes of turns as a JSON list.
    pub turns: String,
    pub note: String,
    /// Subject of the author's token.
    pub author: String,
    pub created_at: DateTimeUtc,
    /// Is it the latest of its author on its target, and not withdrawn?
    pub counts: bool,
    pub deleted_at: Option<DateTimeUtc>,
    /// Who withdrew it, empty where nobody did.
    pub deleted_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
