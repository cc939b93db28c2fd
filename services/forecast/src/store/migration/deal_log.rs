//! The log and its heads.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{Index, Table};
use sea_orm_migration::schema::{big_integer, text, text_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct DealLog;

impl MigrationName for DealLog {
    fn name(&self) -> &str {
        "m0001_deal_log"
    }
}

#[async_trait]
impl MigrationTrait for DealLog {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let log = Table::create()
            .table("deal_log")
            .col(text("workspace"))
            .col(big_integer("position"))
            .col(text("source"))
            .col(text("source_key"))
            .col(text("kind"))
            .col(text_null("deal_id"))
            .col(text_null("call_id"))
            .col(big_integer("occurred_us"))
            .col(big_integer("known_us"))
            .col(big_integer("recorded_us"))
            .col(text("body"))
            .primary_key(Index::create().col("workspace").col("position"))
            .take();
        manager.create_table(log).await?;
        let head = Table::create()
            .table("log_head")
            .col(text("workspace").primary_key())
            .col(big_integer("head"))
            .col(big_integer("crm_sequence"))
            .take();
        manager.create_table(head).await?;
        let indexes = [
            ("deal_log_source", ["source", "source_key"], true),
            ("deal_log_deal", ["deal_id", "position"], false),
            ("deal_log_call", ["call_id", "position"], false),
        ];
        for (name, [first, second], unique) in indexes {
            let mut index = Index::create().name(name).table("deal_log").col("workspace").col(first).col(second).take();
            if unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
