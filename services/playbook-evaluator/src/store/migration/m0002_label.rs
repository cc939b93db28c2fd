//! Labels.

use async_trait::async_trait;
use sea_orm::sea_query::{Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{boolean, text};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Label;

impl MigrationName for Label {
    fn name(&self) -> &str {
        "m0002_label"
    }
}

#[async_trait]
impl MigrationTrait for Label {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(label()).await?;
        let connection = manager.get_connection();
        for index in [
            // One label of an author counts for a target; training reads those that do.
            "CREATE UNIQUE INDEX label_that_counts ON label (workspace, call, transcript, playbook, kind, target, author) WHERE counts",
            // The history of a call, and of an evaluation.
            "CREATE INDEX label_of_call ON label (workspace, call, id)",
            "CREATE INDEX label_of_evaluation ON label (workspace, evaluation, id)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn label() -> TableCreateStatement {
    Table::create()
        .table("label")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("evaluation"))
        .col(text("call"))
        .col(text("transcript"))
        .col(text("playbook"))
        .col(text("rep"))
        .col(text("kind"))
        .col(text("target"))
        .col(text("outcome"))
        .col(text("previous"))
        .col(text("turns"))
        .col(text("note"))
        .col(text("author"))
        .col(moment("created_at"))
        .col(boolean("counts"))
        .col(moment_null("deleted_at"))
        .col(text("deleted_by"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}
