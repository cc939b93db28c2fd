//! A database of its own for every test, on SQLite and on PostgreSQL, so that one suite runs on both:
//!
//! ```ignore
//! #[rstest]
//! #[tokio::test]
//! async fn keeps_what_was_committed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
//!     let test_db = TestDb::start(backend).await;
//!     let db = test_db.migrated("crm_sync", crm_sync::store::migrations).await;
//! }
//! ```
#![expect(clippy::panic, reason = "a test without its database must fail, and say why")]

mod server;
mod words;

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr};
use tempfile::TempDir;
pub use throughline_store::Backend;
use throughline_store::migration::{self, Migrations};
use throughline_store::{DatabaseConfig, Db};

use server::Server;
pub use words::holding;

/// Set to a URL such as `postgres://user@host/postgres` to use that server instead of a private one. Its user must be
/// allowed to create databases; each test removes its own.
pub const SERVER_URL_VARIABLE: &str = "THROUGHLINE_TEST_POSTGRES_URL";

/// The one private server of this process, or why there is none.
static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
static NEXT_DATABASE: AtomicU32 = AtomicU32::new(0);

/// An empty database that lives as long as this value. Keep it until the end of the test.
#[derive(Debug)]
pub struct TestDb {
    config: DatabaseConfig,
    backend: Backend,
    /// Removed when it is dropped: a folder, or a database on the server.
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder(TempDir),
    Server { _database: OwnedDatabase },
}

impl TestDb {
    /// An empty database on `backend`.
    ///
    /// # Panics
    /// When there is none to be had; the message says what to install or set.
    pub async fn start(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(),
            Backend::Postgres => Self::postgres().await,
        }
    }

    /// A SQLite file in a folder of its own.
    ///
    /// # Panics
    /// When the temporary folder can't be made.
    pub fn sqlite() -> Self {
        let folder = or_panic(tempfile::Builder::new().prefix("throughline-db-").tempdir());
        let config = DatabaseConfig::new(format!("sqlite:{}", folder.path().join("test.db").display()));
        Self { config, backend: Backend::Sqlite, home: Home::Folder(folder) }
    }

    /// A database on the private PostgreSQL server of this process (started at first use, gone with the process), or
    /// on the one named by [`SERVER_URL_VARIABLE`].
    ///
    /// # Panics
    /// When there is no server; the message says what to install or set.
    pub async fn postgres() -> Self {
        let server_url = or_panic(server_url());
        let name = format!("throughline_test_{}_{}", std::process::id(), NEXT_DATABASE.fetch_add(1, Ordering::Relaxed));
        or_panic(administer(&server_url, &format!("CREATE DATABASE {name} TEMPLATE template0")).await);
        let config = DatabaseConfig::new(with_database(&server_url, &name));
        Self {
            config,
            backend: Backend::Postgres,
            home: Home::Server { _database: OwnedDatabase { server_url, name } },
        }
    }

    /// What a service needs to connect. All five services may share it: each has its own schema. On SQLite the file
    /// is the schema, so use [`config_for`](Self::config_for) there when several services share a test.
    pub fn config(&self) -> DatabaseConfig {
        self.config.clone()
    }

    /// As [`config`](Self::config), with a SQLite file of its own for each schema.
    pub fn config_for(&self, schema: &str) -> DatabaseConfig {
        let mut config = self.config();
        if self.backend == Backend::Sqlite {
            config.url = config.url.replace("test.db", &format!("{schema}.db"));
        }
        config
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The folder of the SQLite file; `None` on PostgreSQL.
    pub fn folder(&self) -> Option<&Path> {
        match &self.home {
            Home::Folder(folder) => Some(folder.path()),
            Home::Server { .. } => None,
        }
    }

    /// A pool on `schema`, nothing migrated.
    ///
    /// # Panics
    /// When it can't connect.
    pub async fn connect(&self, schema: &str) -> Db {
        or_panic(Db::connect(&self.config_for(schema), schema).await)
    }

    /// A pool on `schema` with the shared tables and those of `service`.
    ///
    /// # Panics
    /// When it can't connect or a migration fails.
    pub async fn migrated(&self, schema: &str, service: fn() -> Migrations) -> Db {
        let db = self.connect(schema).await;
        or_panic(migration::migrate(&db, service).await);
        db
    }
}

fn or_panic<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("test database: {error}"),
    }
}

fn server_url() -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
    let given = std::env::var(SERVER_URL_VARIABLE);
    if let Ok(url) = given
        && !url.is_empty()
    {
        return Ok(url);
    }
    match SERVER.get_or_init(Server::start) {
        Ok(server) => Ok(server.url().to_owned()),
        Err(error) => Err(error.clone()),
    }
}

async fn administer(server_url: &str, sql: &str) -> Result<(), DbErr> {
    let connection: DatabaseConnection = Database::connect(server_url).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await
}

/// `url` with its database replaced; user, host and parameters stay.
fn with_database(url: &str, name: &str) -> String {
    let (base, parameters) = url.split_once('?').map_or((url, None), |(base, rest)| (base, Some(rest)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let parameters = parameters.map(|rest| format!("?{rest}")).unwrap_or_default();
    format!("{}/{name}{parameters}", &base[..end])
}

/// A database that is dropped with this value, connections or not.
#[derive(Debug)]
struct OwnedDatabase {
    server_url: String,
    name: String,
}

impl Drop for OwnedDatabase {
    fn drop(&mut self) {
        let (url, sql) = (self.server_url.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // The test's own runtime can't be waited on from here. A failure only leaves a database behind on a server
        // that is removed anyway.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(administer(&url, &sql));
            }
        });
        let _ = dropping.join();
    }
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn replaces_only_the_database_of_a_url() {
        assert_eq!(
            with_database("postgres://u:p@h:1/postgres?sslmode=disable", "x"),
            "postgres://u:p@h:1/x?sslmode=disable"
        );
        assert_eq!(with_database("postgres://u@h", "x"), "postgres://u@h/x");
        assert_eq!(with_database("postgres://u@localhost/a?host=/tmp/p", "x"), "postgres://u@localhost/x?host=/tmp/p");
    }
}
