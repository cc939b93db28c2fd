//! Whether words stand anywhere in a database: in any column of any table, as text or inside a message.

use data_encoding::{HEXLOWER, HEXUPPER};
use sea_orm::{ConnectionTrait, Statement};
use throughline_store::{Backend, DatabaseConfig, Db};

use super::or_panic;

/// Which of `words` stand in which table of a schema: `table: words`. Words that JSON would escape are not found in it.
///
/// # Panics
/// When the database can't be read.
pub async fn holding(config: &DatabaseConfig, schema: &str, words: &[String]) -> Vec<String> {
    let db = or_panic(Db::connect(config, schema).await);
    let mut found = Vec::new();
    for table in tables(&db).await {
        let rows = contents(&db, &table).await;
        let stands = |words: &&String| forms(words).iter().any(|form| rows.iter().any(|row| row.contains(form)));
        found.extend(words.iter().filter(stands).map(|words| format!("{table}: {words}")));
    }
    or_panic(db.close().await);
    found
}

/// As they stand in a text, and in bytes that are shown in hexadecimal digits.
fn forms(words: &str) -> [String; 3] {
    [words.to_owned(), HEXLOWER.encode(words.as_bytes()), HEXUPPER.encode(words.as_bytes())]
}

async fn tables(db: &Db) -> Vec<String> {
    strings(
        db,
        match db.backend() {
            Backend::Sqlite => "SELECT name AS found FROM sqlite_master WHERE type = 'table'",
            Backend::Postgres => "SELECT tablename::text AS found FROM pg_tables WHERE schemaname = current_schema()",
        },
    )
    .await
}

/// Every row in one string: on SQLite all of it in hexadecimal digits, on PostgreSQL bytes only.
async fn contents(db: &Db, table: &str) -> Vec<String> {
    let row = match db.backend() {
        Backend::Postgres => "whole::text".to_owned(),
        Backend::Sqlite => {
            let columns = strings(db, &format!("SELECT name AS found FROM pragma_table_info('{table}')")).await;
            let each: Vec<String> = columns.iter().map(|column| format!("coalesce(hex(\"{column}\"), '')")).collect();
            each.join(" || ' ' || ")
        }
    };
    strings(db, &format!("SELECT {row} AS found FROM \"{table}\" AS whole")).await
}

async fn strings(db: &Db, sql: &str) -> Vec<String> {
    let backend = db.conn().get_database_backend();
    let rows = or_panic(db.conn().query_all_raw(Statement::from_string(backend, sql)).await);
    rows.iter().map(|row| or_panic(row.try_get("", "found"))).collect()
}
