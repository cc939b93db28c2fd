//! Calls, their reps, transcripts, turns, and the work that is under way.

use async_trait::async_trait;
use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{big_integer, boolean, double, integer, text, text_null};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Calls;

impl MigrationName for Calls {
    fn name(&self) -> &str {
        "m0001_calls"
    }
}

#[async_trait]
impl MigrationTrait for Calls {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [call(), call_rep(), transcript(), turn(), work()] {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            // Lists, newest first, of a workspace or a deal.
            "CREATE INDEX call_listed ON call (workspace, created_at DESC, id DESC)",
            "CREATE INDEX call_of_deal ON call (workspace, deal_id, created_at DESC, id DESC)",
            // The calls of a rep.
            "CREATE INDEX call_rep_of ON call_rep (workspace, rep, call)",
            // What is due.
            "CREATE INDEX work_due ON work (kind, due_at)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn call() -> TableCreateStatement {
    Table::create()
        .table("call")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("title"))
        .col(text("call_type"))
        .col(moment_null("start_time"))
        .col(text("time_zone"))
        .col(text("participants"))
        .col(text("account"))
        .col(text("deal"))
        .col(text("deal_id"))
        .col(text("state"))
        .col(text("failure"))
        .col(text_null("recording_key"))
        .col(text("codec"))
        .col(integer("channels"))
        .col(integer("sample_rate_hz"))
        .col(integer("recording_ms"))
        .col(big_integer("size_bytes"))
        .col(text("sha256"))
        .col(integer("processed_ms"))
        .col(integer("transcript"))
        .col(moment("created_at"))
        .col(big_integer("version"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}

fn call_rep() -> TableCreateStatement {
    Table::create()
        .table("call_rep")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("rep"))
        .primary_key(Index::create().col("workspace").col("call").col("rep"))
        .foreign_key(&mut of_call("call_rep"))
        .take()
}

fn transcript() -> TableCreateStatement {
    Table::create()
        .table("transcript")
        .col(text("workspace"))
        .col(text("call"))
        .col(integer("number"))
        .col(text("source"))
        .col(text("engine"))
        .col(integer("duration_ms"))
        .col(integer("turn_count"))
        .col(moment("created_at"))
        .primary_key(Index::create().col("workspace").col("call").col("number"))
        .foreign_key(&mut of_call("transcript"))
        .take()
}

fn turn() -> TableCreateStatement {
    Table::create()
        .table("turn")
        .col(text("workspace"))
        .col(text("call"))
        .col(integer("number"))
        .col(integer("position"))
        .col(text_null("participant"))
        .col(text("side"))
        .col(integer("start_ms"))
        .col(integer("end_ms"))
        .col(text("text"))
        .col(double("speaker_confidence"))
        .col(boolean("unintelligible"))
        .primary_key(Index::create().col("workspace").col("call").col("number").col("position"))
        .foreign_key(
            ForeignKey::create()
                .from("turn", ("workspace", "call", "number"))
                .to("transcript", ("workspace", "call", "number"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn work() -> TableCreateStatement {
    Table::create()
        .table("work")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("kind"))
        .col(integer("attempts"))
        .col(moment("due_at"))
        .col(text_null("lease_owner"))
        .col(moment_null("lease_until"))
        .col(text("traceparent"))
        .primary_key(Index::create().col("workspace").col("call"))
        .foreign_key(&mut of_call("work"))
        .take()
}

fn of_call(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, ("workspace", "call"))
        .to("call", ("workspace", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
