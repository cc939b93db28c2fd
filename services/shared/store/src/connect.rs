//! Opens the pool of either database, and says in plain words what an operator has to correct when it can't.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::config::{Synchronous, is_postgres};
use crate::{Backend, DatabaseConfig, Error, Result};

pub(crate) async fn open(config: &DatabaseConfig, schema: &str) -> Result<(DatabaseConnection, Backend)> {
    let violations = config.violations();
    if !violations.is_empty() {
        let all: Vec<_> = violations.into_iter().map(|(field, what)| format!("database.{field} {what}")).collect();
        return Err(Error::Config { detail: all.join("; ") });
    }
    if !is_schema_name(schema) {
        return Err(Error::Config {
            detail: format!("`{schema}` is not a schema name: lower-case letters, digits, `_`"),
        });
    }
    if is_postgres(&config.url) {
        Ok((open_postgres(config, schema).await?, Backend::Postgres))
    } else {
        Ok((open_sqlite(config).await?, Backend::Sqlite))
    }
}

/// Schema names are put into SQL text, so nothing but these characters is let through.
fn is_schema_name(schema: &str) -> bool {
    !schema.is_empty()
        && schema.len() <= 63
        && schema.starts_with(|c: char| c.is_ascii_lowercase())
        && schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

async fn open_sqlite(config: &DatabaseConfig) -> Result<DatabaseConnection> {
    let parsed = SqliteConnectOptions::from_str(&config.url).map_err(|error| bad_url(config, &error))?;
    let path = parsed.get_filename().to_path_buf();
    check_folder(&path)?;
    let file = parsed
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match config.synchronous {
            Synchronous::Normal => SqliteSynchronous::Normal,
            Synchronous::Full => SqliteSynchronous::Full,
        })
        .foreign_keys(true)
        .busy_timeout(config.busy_timeout)
        .optimize_on_close(true, None);
    // The URL here only chooses the driver: sea-orm logs its options, and the mapped options below replace it.
    let mut options = pool("sqlite:throughline.db", config);
    options.map_sqlx_sqlite_opts(move |_| file.clone());
    Database::connect(options).await.map_err(|error| cannot_open(&path, error.into()))
}

/// SQLite says `unable to open database file` for everything; find the part that is wrong.
fn check_folder(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let wrong = if !folder.exists() {
        format!("folder {} does not exist; create it or correct database.url", folder.display())
    } else if !folder.is_dir() {
        format!("{} is not a folder; correct database.url", folder.display())
    } else if path.is_dir() {
        format!("{} is a folder, not a file; correct database.url", path.display())
    } else {
        return Ok(());
    };
    Err(Error::Config { detail: wrong })
}

fn cannot_open(path: &Path, error: Error) -> Error {
    let path = path.display();
    match error {
        Error::ReadOnly { detail } => {
            Error::ReadOnly { detail: format!("{path} or its folder is not writable by this user ({detail})") }
        }
        Error::StorageFull { detail } => Error::StorageFull { detail: format!("no space left for {path} ({detail})") },
        Error::CannotOpen { detail } => {
            Error::Config { detail: format!("can't open {path}: is its folder writable by this user? ({detail})") }
        }
        other => other,
    }
}

async fn open_postgres(config: &DatabaseConfig, schema: &str) -> Result<DatabaseConnection> {
    let mut server = PgConnectOptions::from_str(&config.url).map_err(|error| bad_url(config, &error))?;
    if let Some(file) = &config.password_file {
        let password = std::fs::read_to_string(file)
            .map_err(|error| Error::Config { detail: format!("database.password_file {}: {error}", file.display()) })?;
        server = server.password(password.trim_end_matches(['\r', '\n']));
    }
    let timeout_ms = config.statement_timeout.as_millis().to_string();
    server = server
        .application_name(&format!("throughline {schema}"))
        .options([("statement_timeout", timeout_ms.as_str()), ("timezone", "UTC")]);
    // As above: the URL chooses the driver and holds no secret.
    let mut options = pool("postgres://localhost", config);
    options.set_schema_search_path(schema).map_sqlx_postgres_opts(move |_| server.clone());
    Database::connect(options).await.map_err(|error| cannot_reach(config, error.into()))
}

fn cannot_reach(config: &DatabaseConfig, error: Error) -> Error {
    let url = config.redacted_url();
    match error {
        Error::Unavailable { detail } | Error::Busy { detail } => {
            Error::Unavailable { detail: format!("can't reach {url}: {detail}") }
        }
        Error::Config { detail } => Error::Config { detail: format!("{url}: {detail}") },
        other => other,
    }
}

fn bad_url(config: &DatabaseConfig, error: &sqlx::Error) -> Error {
    Error::Config { detail: format!("database.url {} can't be read: {error}", config.redacted_url()) }
}

fn pool(url: &str, config: &DatabaseConfig) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(config.max_connections)
        .acquire_timeout(config.acquire_timeout)
        .test_before_acquire_if_idle_for(Duration::from_secs(30));
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_names_are_plain_identifiers() {
        for good in ["crm_sync", "forecast", "a1"] {
            assert!(is_schema_name(good), "{good}");
        }
        for bad in ["", "1a", "Crm", "crm-sync", "a\"; drop schema x", "ä"] {
            assert!(!is_schema_name(bad), "{bad}");
        }
    }
}
