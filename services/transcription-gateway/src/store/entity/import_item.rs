//! `import_item`: objects under watched prefixes that were noted, and what became of them.

use sea_orm::entity::prelude::*;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    #[sea_orm(string_value = "pending")]
    Pending,
    #[sea_orm(string_value = "imported")]
    Imported,
    #[sea_orm(string_value = "failed")]
    Failed,
}

/// Key: workspace, source, key of the object.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub object_key: String,
    pub state: State,
    /// Of the call it becomes; it need not be there yet, or any more.
    pub call_id: String,
    pub reason: String,
    pub attempts: i32,
    pub due_at: DateTimeUtc,
    pub modified_at: DateTimeUtc,
    pub size_bytes: i64,
    /// Version of the side file with which it was tried last; empty for none.
    pub side_version: String,
}

impl ActiveModelBehavior for ActiveModel {}
