//! `import_source`: watched prefixes, and which replica looks at them just now.

use sea_orm::entity::prelude::*;

/// Key: workspace, name.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_source")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub lease_owner: Option<String>,
    pub lease_until: Option<DateTimeUtc>,
    pub polled_at: Option<DateTimeUtc>,
    /// Key of the newest object that was noted.
    pub cursor: String,
    pub last_error: String,
}

impl ActiveModelBehavior for ActiveModel {}
