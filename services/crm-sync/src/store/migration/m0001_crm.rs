//! Records, stage histories, associations, facts of calls, proposals, and the count of changes.

use async_trait::async_trait;
use sea_orm::sea_query::{Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{big_integer, boolean, double, text, text_null};
use sea_orm_migration::schema::{timestamp_with_time_zone as moment, timestamp_with_time_zone_null as moment_null};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Crm;

impl MigrationName for Crm {
    fn name(&self) -> &str {
        "m0001_crm"
    }
}

#[async_trait]
impl MigrationTrait for Crm {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [record(), account_domain(), stage_entry(), association(), call_facts(), proposal(), change_count()]
        {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            // What a call's names and addresses lead to.
            "CREATE INDEX record_by_name ON record (workspace, kind, name_key)",
            "CREATE INDEX record_by_email ON record (workspace, kind, email)",
            // Deals and contacts of an account; deals of an owner.
            "CREATE INDEX record_of_account ON record (workspace, kind, account, id)",
            "CREATE INDEX record_of_owner ON record (workspace, kind, owner, id)",
            // Contacts by name.
            "CREATE INDEX record_listed ON record (workspace, kind, name, id)",
            // What changed after a sequence.
            "CREATE INDEX record_changed ON record (workspace, kind, sequence)",
            // What is believed now; calls without a deal.
            "CREATE UNIQUE INDEX association_current ON association (workspace, call) WHERE superseded_at IS NULL",
            "CREATE INDEX association_open ON association (workspace, state, call_time) WHERE superseded_at IS NULL",
            "CREATE INDEX proposal_of_deal ON proposal (workspace, deal, created_at, id)",
            "CREATE INDEX proposal_of_call ON proposal (workspace, call, created_at, id)",
            "CREATE INDEX proposal_by_state ON proposal (workspace, state, created_at, id)",
            "CREATE INDEX proposal_listed ON proposal (workspace, created_at, id)",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}

fn record() -> TableCreateStatement {
    Table::create()
        .table("record")
        .col(text("workspace"))
        .col(text("kind"))
        .col(text("id"))
        .col(big_integer("version"))
        .col(text("cells"))
        .col(text("name"))
        .col(text("name_key"))
        .col(text("email"))
        .col(text("account"))
        .col(text("owner"))
        .col(text("stage"))
        .col(boolean("open"))
        .col(big_integer("sequence"))
        .col(moment("updated_at"))
        .primary_key(Index::create().col("workspace").col("kind").col("id"))
        .take()
}

fn account_domain() -> TableCreateStatement {
    Table::create()
        .table("account_domain")
        .col(text("workspace"))
        .col(text("domain"))
        .col(text("account"))
        .primary_key(Index::create().col("workspace").col("domain").col("account"))
        .take()
}

fn stage_entry() -> TableCreateStatement {
    Table::create()
        .table("stage_entry")
        .col(text("workspace"))
        .col(text("deal"))
        .col(text("stage"))
        .col(moment("entered_at"))
        .col(moment("recorded_at"))
        .col(text("source"))
        .col(moment_null("withdrawn_at"))
        .primary_key(Index::create().col("workspace").col("deal").col("stage").col("entered_at").col("recorded_at"))
        .take()
}

fn association() -> TableCreateStatement {
    Table::create()
        .table("association")
        .col(text("workspace"))
        .col(text("call"))
        .col(big_integer("version"))
        .col(text_null("deal"))
        .col(text("state"))
        .col(double("confidence"))
        .col(text("candidates"))
        .col(moment("call_time"))
        .col(moment("known_at"))
        .col(text("decided_by"))
        .col(moment_null("superseded_at"))
        .primary_key(Index::create().col("workspace").col("call").col("version"))
        .take()
}

fn call_facts() -> TableCreateStatement {
    Table::create()
        .table("call_facts")
        .col(text("workspace"))
        .col(text("call"))
        .col(text("playbook"))
        .col(text("evaluation"))
        .col(moment("evaluated_at"))
        .col(text("context"))
        .col(text("facts"))
        .col(text("mappings"))
        .primary_key(Index::create().col("workspace").col("call").col("playbook"))
        .take()
}

fn proposal() -> TableCreateStatement {
    Table::create()
        .table("proposal")
        .col(text("workspace"))
        .col(text("id"))
        .col(text("deal"))
        .col(text("call"))
        .col(text("playbook"))
        .col(text("evaluation"))
        .col(text("field"))
        .col(text("state"))
        .col(text("policy"))
        .col(text("reason"))
        .col(text_null("old_value"))
        .col(big_integer("seen_version"))
        .col(text("new_value"))
        .col(text("evidence"))
        .col(sea_orm_migration::schema::double_null("confidence"))
        .col(text("receipts"))
        .col(moment("spoken_at"))
        .col(moment("created_at"))
        .primary_key(Index::create().col("workspace").col("id"))
        .take()
}

fn change_count() -> TableCreateStatement {
    Table::create().table("change_count").col(text("workspace").primary_key()).col(big_integer("last")).take()
}
