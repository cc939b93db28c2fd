//! What is known of the words of a turn beside the words, and of a transcript as a whole. Defaults, so that a release
//! that does not know the columns yet can write beside one that does.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Annotations;

impl MigrationName for Annotations {
    fn name(&self) -> &str {
        "m0002_annotations"
    }
}

#[async_trait]
impl MigrationTrait for Annotations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, default) in
            [("turn", "annotations", "{}"), ("transcript", "language", ""), ("transcript", "punctuation", "")]
        {
            let column = ColumnDef::new(column).text().not_null().default(default).take();
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        Ok(())
    }
}
