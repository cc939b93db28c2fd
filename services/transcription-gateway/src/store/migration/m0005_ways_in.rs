//! Uploads that go on where they broke off, who agreed to being recorded, and what was found under watched prefixes.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{big_integer, integer, text, text_null};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
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
        for table in [upload(), upload_part(), import_source(), import_item()] {
            manager.create_table(table).await?;
        }
        let consents = ColumnDef::new("consents").text().not_null().default("[]").take();
        manager.alter_table(Table::alter().table("call").add_column(consents).take()).await?;
        // What is due, and what is listed by its state.
        let due = "CREATE INDEX import_item_due ON import_item (workspace, source, state, due_at)";
        manager.get_connection().execute_unprepared(due).await?;
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

fn import_source() -> TableCreateStatement {
    Table::create()
        .table("import_source")
        .col(text("workspace"))
        .col(text("name"))
        .col(text_null("lease_owner"))
        .col(moment_null("lease_until"))
        .col(moment_null("polled_at"))
        .col(text("cursor"))
        .col(text("last_error"))
        .primary_key(Index::create().col("workspace").col("name"))
        .take()
}

fn import_item() -> TableCreateStatement {
    Table::create()
        .table("import_item")
        .col(text("workspace"))
        .col(text("source"))
        .col(text("object_key"))
        .col(text("state"))
        .col(text("call_id"))
        .col(text("reason"))
        .col(integer("attempts"))
        .col(moment("due_at"))
        .col(moment("modified_at"))
        .col(big_integer("size_bytes"))
        .col(text("side_version"))
        .primary_key(Index::create().col("workspace").col("source").col("object_key"))
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
