//! When the live stream of a transcript broke off. The column may be empty, so that a release that does not know it yet can
//! write beside one that does.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct BreakOff;

impl MigrationName for BreakOff {
    fn name(&self) -> &str {
        "m0009_break_off"
    }
}

#[async_trait]
impl MigrationTrait for BreakOff {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let broke_off_at = ColumnDef::new("broke_off_at").timestamp_with_time_zone().null().take();
        manager.alter_table(Table::alter().table("transcript").add_column(broke_off_at).take()).await
    }
}
