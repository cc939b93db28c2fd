//! A write transaction: the connection, SQLite's place in the line of writers, and what to do once it is durable.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    Statement, TransactionError, TransactionOptions, TransactionTrait,
};
use tokio::sync::OwnedMutexGuard;

use crate::{Backend, Result};

type Hook = Box<dyn FnOnce() + Send>;

/// An open write transaction. Give `&tx` to sea-orm wherever a connection is asked for. Dropping it rolls back.
pub struct Transaction {
    // Field order is drop order: the rollback is queued before the next writer is let in.
    inner: DatabaseTransaction,
    backend: Backend,
    after_commit: Mutex<Vec<Hook>>,
    writer: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    pub(crate) fn new(inner: DatabaseTransaction, backend: Backend, writer: Option<OwnedMutexGuard<()>>) -> Self {
        Self { inner, backend, after_commit: Mutex::new(Vec::new()), writer }
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Runs `hook` once the transaction is durable, never when it is rolled back. It must not block: wake a worker,
    /// count a metric.
    pub fn after_commit(&self, hook: impl FnOnce() + Send + 'static) {
        self.after_commit.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(hook));
    }

    /// Makes everything durable, then runs the hooks.
    ///
    /// # Errors
    /// The mapped error; nothing was stored then, except where the connection broke during the commit itself.
    pub async fn commit(self) -> Result<()> {
        let Self { inner, backend: _, after_commit, writer } = self;
        inner.commit().await?;
        drop(writer);
        for hook in after_commit.into_inner().unwrap_or_else(PoisonError::into_inner) {
            hook();
        }
        Ok(())
    }

    /// Undoes everything and waits until that is done.
    ///
    /// # Errors
    /// The mapped error; the database undoes the transaction by itself when the connection is gone.
    pub async fn rollback(self) -> Result<()> {
        let Self { inner, backend: _, after_commit: _, writer } = self;
        inner.rollback().await?;
        drop(writer);
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("backend", &self.backend).finish_non_exhaustive()
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(stmt).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(stmt).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(stmt).await
    }
}

/// Nested transactions are savepoints; sea-orm's 2.0 models ask for them when they save a tree.
#[async_trait]
impl TransactionTrait for Transaction {
    type Transaction = DatabaseTransaction;

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.inner.begin().await
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<DatabaseTransaction, DbErr> {
        self.inner.begin_with_config(isolation_level, access_mode).await
    }

    async fn begin_with_options(&self, options: TransactionOptions) -> Result<DatabaseTransaction, DbErr> {
        self.inner.begin_with_options(options).await
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c DatabaseTransaction) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        self.inner.transaction(callback).await
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c DatabaseTransaction) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        self.inner.transaction_with_config(callback, isolation_level, access_mode).await
    }
}
