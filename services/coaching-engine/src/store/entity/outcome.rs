//! `outcome`: what each call shows of each behavior, one row a call and behavior, of calls whose rep is known.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, behavior.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outcome")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub behavior: String,
    pub playbook: String,
    pub rep: String,
    pub call_time: DateTimeUtc,
    /// `shown`, `not_shown`, `not_applicable` or `unknown`: polarity is taken into account.
    pub conduct: String,
    /// Quotes of a wanted behavior that was shown, else `[]`.
    pub evidence: String,
}

impl ActiveModelBehavior for ActiveModel {}
