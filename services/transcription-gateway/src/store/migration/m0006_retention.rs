//! Where recordings are sealed, how long calls are kept, legal holds, purges and their receipts. Defaults, so that a
//! release that does not know the columns yet can write beside one that does.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{boolean, integer, text};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Retention;

impl MigrationName for Retention {
    fn name(&self) -> &str {
        "m0006_retention"
    }
}

#[async_trait]
impl MigrationTrait for Retention {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["sealed_with", "creator", "hold_reason", "hold_by", "purge_receipt"] {
            let column = ColumnDef::new(name).text().not_null().default("").take();
            manager.alter_table(Table::alter().table("call").add_column(column).take()).await?;
        }
        // Numbers of transcripts that were removed are not given again.
        let column = ColumnDef::new("last_transcript").integer().not_null().default(0).take();
        manager.alter_table(Table::alter().table("call").add_column(column).take()).await?;
        for name in ["expires_at", "held_at"] {
            let column = ColumnDef::new(name).timestamp_with_time_zone().null().take();
            manager.alter_table(Table::alter().table("call").add_column(column).take()).await?;
        }
        for table in [legal_hold(), purge_receipt(), purge_object(), store_owner()] {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            // What is to be purged.
            "CREATE INDEX call_expiring ON call (expires_at) WHERE expires_at IS NOT NULL",
            // What is swept: whether a call knows an object.
            "CREATE INDEX call_recording ON call (recording_key) WHERE recording_key IS NOT NULL",
            // Receipts, newest first.
            "CREATE INDEX purge_receipt_listed ON purge_receipt (workspace, purged_at DESC, id DESC)",
            // What is still to be removed from the store.
            "CREATE INDEX purge_object_due ON purge_object (due_at)",
            "CREATE INDEX purge_object_of ON purge_object (workspace, receipt)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

/// Every change of a legal hold.
fn legal_hold() -> TableCreateStatement {
    Table::create()
        .table("legal_hold")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("call_id"))
        .col(boolean("held"))
        .col(text("reason"))
        .col(text("changed_by"))
        .col(moment("changed_at"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}

fn purge_receipt() -> TableCreateStatement {
    Table::create()
        .table("purge_receipt")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("call_id"))
        .col(text("cause"))
        .col(text("reason"))
        .col(text("purged_by"))
        .col(moment("purged_at"))
        .col(moment_null("completed_at"))
        .col(text("removed"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}

/// Objects that no call knows any more and that are to be removed from the store.
fn purge_object() -> TableCreateStatement {
    Table::create()
        .table("purge_object")
        .col(text("object_key").primary_key())
        .col(text("workspace"))
        .col(text("receipt"))
        .col(integer("attempts"))
        .col(moment("due_at"))
        .take()
}

/// Id of the installation whose store this is.
fn store_owner() -> TableCreateStatement {
    Table::create().table("store_owner").col(text("id").primary_key()).take()
}
