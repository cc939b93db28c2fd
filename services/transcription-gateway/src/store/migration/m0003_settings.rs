//! The settings of a workspace, and who corrected a transcript.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::schema::{big_integer, text, timestamp_with_time_zone as moment};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Settings;

impl MigrationName for Settings {
    fn name(&self) -> &str {
        "m0003_settings"
    }
}

#[async_trait]
impl MigrationTrait for Settings {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let settings = Table::create()
            .table("transcription_settings")
            .col(text("workspace"))
            .col(text("settings"))
            .col(big_integer("version"))
            .col(moment("updated_at"))
            .col(text("updated_by"))
            .primary_key(Index::create().col("workspace"))
            .take();
        manager.create_table(settings).await?;
        let author = ColumnDef::new("author").text().not_null().default("").take();
        manager.alter_table(Table::alter().table("transcript").add_column(author).take()).await
    }
}
