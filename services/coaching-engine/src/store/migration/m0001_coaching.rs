//! Evaluated calls, outcomes, behaviors, reps, summaries and nudges.

use async_trait::async_trait;
use sea_orm::sea_query::{Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{boolean_null, double, integer, text, text_null};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Coaching;

impl MigrationName for Coaching {
    fn name(&self) -> &str {
        "m0001_coaching"
    }
}

#[async_trait]
impl MigrationTrait for Coaching {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [evaluated_call(), outcome(), behavior(), rep(), summary(), nudge()] {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            // Calls of a rep in a period.
            "CREATE INDEX evaluated_call_of_rep ON evaluated_call (workspace, rep, call_time, call)",
            // Tallies by behavior and rep over a period, and the next occasion of a nudge, from the index alone.
            "CREATE INDEX outcome_counted ON outcome (workspace, behavior, rep, call_time, conduct)",
            // The budget of a rep's week, and the nudges that a call may decide.
            "CREATE INDEX nudge_of_rep ON nudge (workspace, rep, call_time)",
            "CREATE INDEX nudge_of_call ON nudge (workspace, call)",
            "CREATE INDEX nudge_decided_by ON nudge (workspace, outcome_call)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn evaluated_call() -> TableCreateStatement {
    Table::create()
        .table("evaluated_call")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("playbook"))
        .col(text("evaluation"))
        .col(moment("evaluated_at"))
        .col(moment("call_time"))
        .col(text_null("rep"))
        .primary_key(Index::create().col("workspace").col("call").col("playbook"))
        .take()
}

fn outcome() -> TableCreateStatement {
    Table::create()
        .table("outcome")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("behavior"))
        .col(text("playbook"))
        .col(text("rep"))
        .col(moment("call_time"))
        .col(text("conduct"))
        .col(text("evidence"))
        .primary_key(Index::create().col("workspace").col("call").col("behavior"))
        .take()
}

fn behavior() -> TableCreateStatement {
    Table::create()
        .table("behavior")
        .col(text("workspace"))
        .col(text("playbook"))
        .col(text("behavior"))
        .col(integer("position"))
        .col(text("description"))
        .col(double("weight"))
        .col(text("polarity"))
        .col(moment("evaluated_at"))
        .primary_key(Index::create().col("workspace").col("playbook").col("behavior"))
        .take()
}

fn rep() -> TableCreateStatement {
    Table::create()
        .table("rep")
        .col(text("workspace"))
        .col(text("rep"))
        .col(text("display_name"))
        .col(moment("last_call_time"))
        .primary_key(Index::create().col("workspace").col("rep"))
        .take()
}

fn summary() -> TableCreateStatement {
    Table::create()
        .table("summary")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("evaluation"))
        .col(moment("evaluated_at"))
        .col(text_null("rep"))
        .col(text("lines"))
        .col(moment("created_at"))
        .primary_key(Index::create().col("workspace").col("call"))
        .take()
}

fn nudge() -> TableCreateStatement {
    Table::create()
        .table("nudge")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("rep"))
        .col(text("call"))
        .col(moment("call_time"))
        .col(text("behavior"))
        .col(text("text"))
        .col(double("expected_gain"))
        .col(double("adoption"))
        .col(double("applies_probability"))
        .col(text_null("example"))
        .col(boolean_null("shown"))
        .col(text_null("outcome_call"))
        .col(moment_null("outcome_at"))
        .col(moment("given_at"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}
