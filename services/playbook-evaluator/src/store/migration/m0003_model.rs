//! What was learned for revisions.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{Index, Table};
use sea_orm_migration::schema::{blob, integer, text, timestamp_with_time_zone as moment};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Model;

impl MigrationName for Model {
    fn name(&self) -> &str {
        "m0003_model"
    }
}

#[async_trait]
impl MigrationTrait for Model {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("model")
            .col(text("workspace"))
            .col(text("playbook"))
            .col(integer("revision"))
            .col(text("material"))
            .col(blob("body"))
            .col(moment("created_at"))
            .primary_key(Index::create().col("workspace").col("playbook").col("revision"))
            .take();
        manager.create_table(table).await
    }
}
