//! Enrolled voices, and whether the voices of a transcript were told apart. The column has a default, so that a release
//! that does not know it yet can write beside one that does.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::timestamp_with_time_zone as moment;
use sea_orm_migration::schema::{binary, double, integer, text};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Voices;

impl MigrationName for Voices {
    fn name(&self) -> &str {
        "m0008_voices"
    }
}

#[async_trait]
impl MigrationTrait for Voices {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let separation = ColumnDef::new("separation").text().not_null().default("").take();
        manager.alter_table(Table::alter().table("transcript").add_column(separation).take()).await?;
        manager.create_table(voice()).await?;
        for index in [
            // A person has one voice; lists are by e-mail address.
            "CREATE UNIQUE INDEX voice_of ON voice (workspace, email)",
            "CREATE INDEX voice_expired ON voice (expires_at)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn voice() -> TableCreateStatement {
    Table::create()
        .table("voice")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("email"))
        .col(binary("embedding"))
        .col(text("model"))
        .col(text("statement"))
        .col(moment("consented_at"))
        .col(integer("speech_ms"))
        .col(double("snr_db"))
        .col(text("call"))
        .col(text("created_by"))
        .col(moment("created_at"))
        .col(moment("expires_at"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}
