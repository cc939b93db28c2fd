//! A table of a pretended service.

use chrono::{DateTime, TimeZone, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ForeignKey, Table};
use sea_orm::{ActiveValue::Set, DbErr};
use sea_orm_migration::schema::{integer, text, text_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use throughline_store::migration::Migrations;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "note")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub version: i32,
    pub parent: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

pub fn row(id: &str) -> ActiveModel {
    ActiveModel { id: Set(id.to_owned()), version: Set(0), parent: Set(None) }
}

pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

pub fn migrations() -> Migrations {
    vec![Box::new(Notes)]
}

struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &str {
        "m0001_notes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("note")
            .col(text("id").primary_key())
            .col(integer("version"))
            .col(text_null("parent"))
            .foreign_key(ForeignKey::create().from("note", "parent").to("note", "id"))
            .take();
        manager.create_table(table).await
    }
}
