//! `call_rep`: whose calls are whose: the reps on a call, and the rep who created it.

use sea_orm::entity::prelude::*;

/// Key: workspace, call, rep.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_rep")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rep: String,
}

impl ActiveModelBehavior for ActiveModel {}
