//! Uploads that go on where they broke off, and who agreed to being recorded.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::timestamp_with_time_zone as moment;
use sea_orm_migration::schema::{big_integer, integer, text};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct WaysIn;

impl MigrationName for WaysIn {
    fn name(&self) -> &str {
        "m0005_ways_in"
    }
}

#[async_trait]
impl MigrationTrait for WaysIn {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [upload(), upload_part()] {
            manager.create_table(table).await?;
        }
        let consents = ColumnDef::new("consents").text().not_null().default("[]").take();
        manager.alter_table(Table::alter().table("call").add_column(consents).take()).await?;
        let expired = "CREATE INDEX upload_expired ON upload (expires_at)";
        manager.get_connection().execute_unprepared(expired).await?;
        Ok(())
    }
}

fn upload() -> TableCreateStatement {
    Table::create()
        .table("upload")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("id"))
        .col(big_integer("size_bytes"))
        .col(text("sha256"))
        .col(big_integer("stored_bytes"))
        .col(integer("parts"))
        .col(moment("created_at"))
        .col(moment("expires_at"))
        .primary_key(Index::create().col("workspace").col("call").col("id"))
        .foreign_key(
            ForeignKey::create()
                .from("upload", ("workspace", "call"))
                .to("call", ("workspace", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn upload_part() -> TableCreateStatement {
    Table::create()
        .table("upload_part")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("upload"))
        .col(big_integer("first_byte"))
        .col(text("part_key"))
        .primary_key(Index::create().col("workspace").col("call").col("upload").col("first_byte"))
        .foreign_key(
            ForeignKey::create()
                .from("upload_part", ("workspace", "call", "upload"))
                .to("upload", ("workspace", "call", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}
