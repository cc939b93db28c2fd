//! `account_domain`: which domains belong to which account.

use sea_orm::entity::prelude::*;

/// Key: workspace, domain, account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_domain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub domain: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
}

impl ActiveModelBehavior for ActiveModel {}
