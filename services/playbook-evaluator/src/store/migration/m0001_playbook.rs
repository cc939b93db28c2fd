//! Playbooks, revisions and evaluations.

use async_trait::async_trait;
use sea_orm::sea_query::{Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{blob, integer, integer_null, text};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Playbook;

impl MigrationName for Playbook {
    fn name(&self) -> &str {
        "m0001_playbook"
    }
}

#[async_trait]
impl MigrationTrait for Playbook {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [playbook(), revision(), evaluation()] {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            // The same transcript against the same revision is one evaluation.
            "CREATE UNIQUE INDEX evaluation_of_transcript ON evaluation (workspace, call, transcript, playbook, revision)",
            // A rep lists its own.
            "CREATE INDEX evaluation_of_rep ON evaluation (workspace, rep, id)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn playbook() -> TableCreateStatement {
    Table::create()
        .table("playbook")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("title"))
        .col(integer("latest"))
        .col(integer_null("released"))
        .col(moment("created_at"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}

fn revision() -> TableCreateStatement {
    Table::create()
        .table("revision")
        .col(text("workspace"))
        .col(text("playbook"))
        .col(integer("number"))
        .col(text("title"))
        .col(text("document"))
        .col(text("sha256"))
        .col(moment("created_at"))
        .col(moment_null("released_at"))
        .primary_key(Index::create().col("workspace").col("playbook").col("number"))
        .take()
}

fn evaluation() -> TableCreateStatement {
    Table::create()
        .table("evaluation")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("call"))
        .col(text("transcript"))
        .col(text("playbook"))
        .col(integer("revision"))
        .col(text("rep"))
        .col(blob("body"))
        .col(moment("created_at"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}
