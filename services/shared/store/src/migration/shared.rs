//! The tables that every service has: outbox, inbox, idempotency.

use async_trait::async_trait;
use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, Index, Table};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, integer, text, text_null, timestamp_with_time_zone as moment,
    timestamp_with_time_zone_null as moment_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::Migrations;

/// Migrations of the shared tables, in order. [`migrate`](super::migrate) puts them before a service's own.
pub fn shared() -> Migrations {
    vec![Box::new(Outbox), Box::new(Inbox), Box::new(Idempotency)]
}

/// Events written with the change they tell of, and where each stands with each consumer.
struct Outbox;

impl MigrationName for Outbox {
    fn name(&self) -> &str {
        "s0001_outbox"
    }
}

#[async_trait]
impl MigrationTrait for Outbox {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let event = Table::create()
            .table("outbox_event")
            .col(big_pk_auto("position"))
            .col(text("event_id").unique_key())
            .col(text("workspace"))
            .col(text("ordering_key"))
            .col(text("event_type"))
            .col(blob("body"))
            .col(text("traceparent"))
            .col(moment("created_at"))
            .take();
        manager.create_table(event).await?;
        let delivery = Table::create()
            .table("outbox_delivery")
            .col(text("consumer"))
            .col(big_integer("position"))
            .col(text("workspace"))
            .col(text("ordering_key"))
            .col(text("state"))
            .col(integer("attempts"))
            .col(big_integer_null("blocked_by"))
            .col(moment("next_attempt_at"))
            .col(text_null("lease_owner"))
            .col(moment_null("lease_until"))
            .col(text_null("last_error"))
            .col(moment_null("settled_at"))
            .primary_key(Index::create().col("consumer").col("position"))
            .foreign_key(
                ForeignKey::create()
                    .from("outbox_delivery", "position")
                    .to("outbox_event", "position")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(delivery).await?;
        let connection = manager.get_connection();
        for index in [
            // What is due, in the order it became due.
            "CREATE INDEX outbox_delivery_due ON outbox_delivery (consumer, next_attempt_at, position) \
             WHERE state = 'PENDING' AND blocked_by IS NULL",
            // The last undelivered of a key, which the next one waits for; and who waits for one.
            "CREATE INDEX outbox_delivery_open ON outbox_delivery (consumer, workspace, ordering_key, position) \
             WHERE state <> 'DELIVERED'",
            "CREATE INDEX outbox_delivery_blocked ON outbox_delivery (consumer, blocked_by) WHERE blocked_by IS NOT NULL",
            // Lists of a workspace, oldest first.
            "CREATE INDEX outbox_delivery_listed ON outbox_delivery (workspace, position, consumer)",
            // The foreign key, and what is old enough to be removed.
            "CREATE INDEX outbox_delivery_position ON outbox_delivery (position)",
            "CREATE INDEX outbox_event_created ON outbox_event (created_at)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

/// Events a consumer has applied.
struct Inbox;

impl MigrationName for Inbox {
    fn name(&self) -> &str {
        "s0002_inbox"
    }
}

#[async_trait]
impl MigrationTrait for Inbox {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("inbox_event")
            .col(text("consumer"))
            .col(text("event_id"))
            .col(moment("received_at"))
            .primary_key(Index::create().col("consumer").col("event_id"))
            .take();
        manager.create_table(table).await?;
        let index = Index::create().name("inbox_event_received").table("inbox_event").col("received_at").take();
        manager.create_index(index).await
    }
}

/// Answers given to request ids.
struct Idempotency;

impl MigrationName for Idempotency {
    fn name(&self) -> &str {
        "s0003_idempotency"
    }
}

#[async_trait]
impl MigrationTrait for Idempotency {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("idempotency_record")
            .col(text("workspace"))
            .col(text("method"))
            .col(text("request_id"))
            .col(blob("fingerprint"))
            .col(blob("response"))
            .col(moment("created_at"))
            .primary_key(Index::create().col("workspace").col("method").col("request_id"))
            .take();
        manager.create_table(table).await?;
        let index =
            Index::create().name("idempotency_record_created").table("idempotency_record").col("created_at").take();
        manager.create_index(index).await
    }
}
