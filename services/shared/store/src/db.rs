//! The pool of one service on its own schema: reads go to [`Db::conn`], writes to [`Db::begin`].

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::Mutex;

use crate::{DatabaseConfig, Error, Result, Transaction, connect};

/// Which database is behind a [`Db`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Embedded SQLite in WAL mode.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

/// A pool bound to one schema. Cloning is cheap; all clones share the pool.
#[derive(Clone, Debug)]
pub struct Db {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    conn: DatabaseConnection,
    backend: Backend,
    schema: String,
    /// SQLite has one writer. Waiting here is fair and wakes at once, whereas SQLite's own busy handler sleeps in
    /// growing steps and starves whoever came first. Other processes are still met by the busy timeout.
    writer: Arc<Mutex<()>>,
    busy_timeout: Duration,
}

impl Db {
    /// Opens the pool. `schema` is the service's own schema on PostgreSQL (created by
    /// [`migrate`](crate::migration::migrate), lower-case letters, digits and `_`); on SQLite the file is the schema.
    ///
    /// # Errors
    /// [`Error::Config`] for what the operator has to correct, [`Error::Unavailable`] when the server can't be reached.
    pub async fn connect(config: &DatabaseConfig, schema: &str) -> Result<Self> {
        let (conn, backend) = connect::open(config, schema).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                conn,
                backend,
                schema: schema.to_owned(),
                writer: Arc::new(Mutex::new(())),
                busy_timeout: config.busy_timeout,
            }),
        })
    }

    /// Starts a write transaction: `BEGIN IMMEDIATE` on SQLite, read committed on PostgreSQL. Dropping it rolls back.
    ///
    /// # Errors
    /// [`Error::Busy`] when the write lock or a connection isn't free in time.
    pub async fn begin(&self) -> Result<Transaction> {
        let (guard, mode) = match self.inner.backend {
            Backend::Sqlite => {
                let lock = self.inner.writer.clone().lock_owned();
                let guard = tokio::time::timeout(self.inner.busy_timeout, lock).await.map_err(|_| Error::Busy {
                    detail: "the write lock of the database is held too long".to_owned(),
                })?;
                (Some(guard), Some(SqliteTransactionMode::Immediate))
            }
            Backend::Postgres => (None, None),
        };
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
        let inner = self.inner.conn.begin_with_options(options).await?;
        Ok(Transaction::new(inner, self.inner.backend, guard))
    }

    /// The pool, for reads outside of a transaction. Never use it while a [`Transaction`] of the same call is open.
    pub fn conn(&self) -> &DatabaseConnection {
        &self.inner.conn
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// The schema given to [`Db::connect`].
    pub fn schema(&self) -> &str {
        &self.inner.schema
    }

    /// Is the database reachable? For readiness checks.
    ///
    /// # Errors
    /// The mapped error of the ping.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.inner.conn.ping().await?)
    }

    /// Closes every connection; later calls through any clone fail. On SQLite the WAL is folded into the file.
    ///
    /// # Errors
    /// The mapped error of the driver.
    pub async fn close(&self) -> Result<()> {
        Ok(self.inner.conn.close_by_ref().await?)
    }
}
