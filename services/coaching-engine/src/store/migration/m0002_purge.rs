//! When the words of a summary were erased.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Purge;

impl MigrationName for Purge {
    fn name(&self) -> &str {
        "m0002_purge"
    }
}

#[async_trait]
impl MigrationTrait for Purge {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("purged_at").timestamp_with_time_zone().null().take();
        manager.alter_table(Table::alter().table("summary").add_column(column).take()).await
    }
}
