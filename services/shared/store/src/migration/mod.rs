//! Runs a service's migrations after the shared ones, in one transaction, and says whether a schema fits a binary.
//!
//! A service lists its migrations in order; names are unique and never change once released. Migrations only add
//! (expand, migrate, contract): a newer schema serves the previous binary while replicas are replaced and after a rollback.
//! One that takes away what the version before reads has [`CONTRACT`] in its name, and binaries that don't know it refuse
//! to start.

mod shared;

use std::collections::HashSet;

use sea_orm::sea_query::{IntoIden, Order, Query};
use sea_orm::{ConnectionTrait, DynIden, Statement};
use sea_orm_migration::{IntoSchemaManagerConnection, MigrationTrait, MigratorTraitSelf, SchemaManager};

pub use shared::shared;

use crate::{Backend, Db, Error, Result, lock};

/// Migrations of one service, in order.
pub type Migrations = Vec<Box<dyn MigrationTrait>>;

/// In the name of a migration that takes something away (`m0009_contract_turn_text`), once no binary in use reads it.
pub const CONTRACT: &str = "_contract_";

/// Notes the applied migrations, in each service's own schema.
const TABLE: &str = "schema_migration";

struct Runner {
    all: fn() -> Migrations,
}

impl MigratorTraitSelf for Runner {
    fn migrations(&self) -> Migrations {
        let mut list = shared();
        list.extend((self.all)());
        list
    }

    fn migration_table_name(&self) -> DynIden {
        TABLE.into_iden()
    }
}

/// Creates the schema if needed and applies what is missing of the shared tables and of `service`, all or nothing.
/// Two runs at the same time wait for each other. Returns how many migrations were applied.
///
/// # Errors
/// [`Error::SchemaNewer`] on the schema of a newer binary that this one can't serve; else the mapped error of the failing
/// statement.
pub async fn migrate(db: &Db, service: fn() -> Migrations) -> Result<usize> {
    if db.backend() == Backend::Postgres {
        create_schema(db).await?;
    }
    let tx = db.begin().await?;
    if db.backend() == Backend::Postgres {
        tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    }
    lock::name(&tx, "migrate", db.schema()).await?;
    let runner = Runner { all: service };
    let before = applied(&*tx).await?;
    let missing = match compare(db, &runner, before)? {
        newer @ Status::Newer { .. } => return fits(db, newer).map(|()| 0),
        Status::Current => 0,
        Status::Outdated { missing } => missing.len(),
    };
    if missing > 0 {
        runner.up(&*tx, None).await?;
    }
    tx.commit().await?;
    Ok(missing)
}

/// `CREATE SCHEMA IF NOT EXISTS` needs the right to create schemas even if it is there already, and two at a time can
/// still collide, so look first.
async fn create_schema(db: &Db) -> Result<()> {
    let schema = db.schema();
    let sql = format!("SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'");
    let tx = db.begin().await?;
    // The schema isn't there yet, so the lock is taken in whatever schema is current: the same one for every run.
    lock::name(&tx, "create schema", schema).await?;
    let backend = tx.get_database_backend();
    if tx.query_one_raw(Statement::from_string(backend, sql)).await?.is_none() {
        // Checked by `connect::is_schema_name`.
        tx.execute_unprepared(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    tx.commit().await
}

/// How a schema relates to this binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every migration known is applied.
    Current,
    /// `missing` are not applied yet: run `migrate`.
    Outdated {
        /// Names, in order.
        missing: Vec<String>,
    },
    /// `unknown` were applied by a newer binary.
    Newer {
        /// Names, sorted.
        unknown: Vec<String>,
        /// What that binary doesn't know in turn, in order: none, unless the two are of different branches.
        missing: Vec<String>,
    },
}

/// Compares without writing anything; works without the right to create tables.
///
/// # Errors
/// The mapped database error.
pub async fn status(db: &Db, service: fn() -> Migrations) -> Result<Status> {
    let applied = applied(db.conn()).await?;
    compare(db, &Runner { all: service }, applied)
}

/// [`status`] as an error, for `serve` before it serves. A newer schema is served, unless a migration took something away.
///
/// # Errors
/// [`Error::SchemaOutdated`], [`Error::SchemaNewer`], or the mapped database error.
pub async fn check(db: &Db, service: fn() -> Migrations) -> Result<()> {
    fits(db, status(db, service).await?)
}

fn fits(db: &Db, status: Status) -> Result<()> {
    let schema = db.schema().to_owned();
    match status {
        Status::Current => Ok(()),
        Status::Outdated { missing } => Err(Error::SchemaOutdated { schema, missing }),
        Status::Newer { unknown, missing } => {
            if !missing.is_empty() || unknown.iter().any(|name| name.contains(CONTRACT)) {
                return Err(Error::SchemaNewer { schema, unknown });
            }
            tracing::warn!(schema, "on the schema of a newer version, which only added to it: {}", unknown.join(", "));
            Ok(())
        }
    }
}

/// Names in the migration table, sorted; none if there is no such table.
async fn applied<'c>(conn: impl IntoSchemaManagerConnection<'c>) -> Result<Vec<String>> {
    let manager = SchemaManager::new(conn);
    if !manager.has_table(TABLE).await? {
        return Ok(Vec::new());
    }
    let names = Query::select().column("version").from(TABLE).order_by("version", Order::Asc).take();
    let rows = manager.get_connection().query_all(&names).await?;
    Ok(rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?)
}

fn compare(db: &Db, runner: &Runner, applied: Vec<String>) -> Result<Status> {
    let known: Vec<String> = runner.migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let names: HashSet<&String> = known.iter().collect();
    if names.len() != known.len() {
        return Err(Error::internal(format!("two migrations of `{}` have the same name", db.schema())));
    }
    let unknown: Vec<String> = applied.iter().filter(|name| !names.contains(name)).cloned().collect();
    let applied: HashSet<String> = applied.into_iter().collect();
    let missing: Vec<String> = known.into_iter().filter(|name| !applied.contains(name)).collect();
    Ok(match (unknown.is_empty(), missing.is_empty()) {
        (true, true) => Status::Current,
        (true, false) => Status::Outdated { missing },
        (false, _) => Status::Newer { unknown, missing },
    })
}
