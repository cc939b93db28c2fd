//! One error for everything a database can answer. [`classify`] alone knows SQLSTATE and SQLite codes.

mod classify;
mod status;

use sea_orm::DbErr;

/// What went wrong, by what can be done about it. `detail` is for logs: it may quote a statement, never a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A row with this key exists. Callers who expect it turn it into `ALREADY_EXISTS`.
    #[error("a row of `{table}` with this key exists ({constraint})")]
    UniqueViolation {
        /// Table, empty if the database didn't say.
        table: String,
        /// PostgreSQL: the constraint's name. SQLite: `table.column, table.column`.
        constraint: String,
    },
    /// A row that is pointed to is missing, or still pointed to.
    #[error("a reference to another row does not hold: {detail}")]
    ForeignKey {
        /// The driver's words.
        detail: String,
    },
    /// A lock wasn't free in time, or two transactions got in each other's way. The same call may be sent again.
    #[error("the database is busy: {detail}")]
    Busy {
        /// The driver's words.
        detail: String,
    },
    /// The database can't be reached or is stopping. The same call may be sent again.
    #[error("the database is not available: {detail}")]
    Unavailable {
        /// The driver's words.
        detail: String,
    },
    /// Disk or database full; nothing of the transaction was stored.
    #[error("no storage left: {detail}")]
    StorageFull {
        /// The driver's words.
        detail: String,
    },
    /// The file, its folder or the server is read-only; nothing of the transaction was stored.
    #[error("the database is read-only: {detail}")]
    ReadOnly {
        /// The driver's words.
        detail: String,
    },
    /// The database file can't be opened.
    #[error("can't open the database file: {detail}")]
    CannotOpen {
        /// The driver's words.
        detail: String,
    },
    /// Configuration that an operator has to correct: URL, folder, password, database name.
    #[error("{detail}")]
    Config {
        /// What is wrong and what to do.
        detail: String,
    },
    /// The schema is older than this binary, or was never created.
    #[error("schema `{schema}` lacks {} migration(s), first {}: run `migrate` before `serve`", missing.len(), missing.first().map_or("", String::as_str))]
    SchemaOutdated {
        /// The service's schema.
        schema: String,
        /// Names of migrations not applied yet, in order.
        missing: Vec<String>,
    },
    /// The schema was migrated by a newer binary, in a way that this one can't serve.
    #[error("schema `{schema}` was migrated by a newer version ({}): start that version", unknown.join(", "))]
    SchemaNewer {
        /// The service's schema.
        schema: String,
        /// Applied migrations this binary doesn't know.
        unknown: Vec<String>,
    },
    /// The request id was used within 24 hours with another request.
    #[error("request_id `{request_id}` was used with another request")]
    RequestIdReused {
        /// The id.
        request_id: String,
    },
    /// Everything else: a defect of ours, or a damaged database.
    #[error("database error: {detail}")]
    Internal {
        /// The driver's words.
        detail: String,
    },
}

impl Error {
    /// A defect found by code on top of the store: a row that can't be read, say.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal { detail: detail.to_string() }
    }

    /// May the same transaction succeed when it is tried again?
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable { .. })
    }

    /// Is it a unique violation, on `table` if that is given?
    pub fn is_unique_violation(&self, on: Option<&str>) -> bool {
        match self {
            Self::UniqueViolation { table, .. } => on.is_none_or(|wanted| wanted == table),
            _ => false,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        classify::database(error)
    }
}
