//! `summary`: of each call's latest evaluation.

use sea_orm::entity::prelude::*;

/// Key: workspace, call.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "summary")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    pub evaluation: String,
    pub evaluated_at: DateTimeUtc,
    pub rep: Option<String>,
    /// Lines with their evidence.
    pub lines: String,
    pub created_at: DateTimeUtc,
    /// When the words of the call were erased; none while they are there.
    pub purged_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
