//! Speech engines as workspaces declare them, and how often a recording waited for one.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::schema::{big_integer, text, timestamp_with_time_zone as moment};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Engines;

impl MigrationName for Engines {
    fn name(&self) -> &str {
        "m0004_engines"
    }
}

#[async_trait]
impl MigrationTrait for Engines {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("speech_engine")
            .col(text("workspace"))
            .col(text("id"))
            .col(text("spec"))
            .col(moment("created_at"))
            .col(moment("updated_at"))
            .col(big_integer("version"))
            .primary_key(Index::create().col("workspace").col("id"))
            .take();
        manager.create_table(table).await?;
        // A default, so that the release before can go on writing.
        let waits = ColumnDef::new("waits").integer().not_null().default(0).take();
        manager.alter_table(Table::alter().table("work").add_column(waits).take()).await
    }
}
