//! The words of all calls to search in, the behaviors that calls showed, and the log of what becomes of calls.

mod changes;
mod search;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Search;

impl MigrationName for Search {
    fn name(&self) -> &str {
        "m0007_search"
    }
}

#[async_trait]
impl MigrationTrait for Search {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [search::search_call(), search::call_behavior(), search::behavior_turn()] {
            manager.create_table(table).await?;
        }
        for table in [changes::head(), changes::log(), changes::mark()] {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        let own: [&[&str]; 2] = match connection.get_database_backend() {
            DbBackend::Postgres => [search::POSTGRES, changes::POSTGRES],
            _ => [search::SQLITE, changes::SQLITE],
        };
        for statement in search::INDEXES.iter().chain(own.into_iter().flatten()) {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
