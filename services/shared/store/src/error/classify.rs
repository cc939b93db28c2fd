//! SQLSTATE and SQLite result codes → [`Error`].

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::Error;

pub(super) fn database(error: DbErr) -> Error {
    match &error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            Error::Busy { detail: "no connection became free in time".to_owned() }
        }
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => {
            Error::Unavailable { detail: "the pool is closed".to_owned() }
        }
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => driver(cause),
        _ => Error::internal(error),
    }
}

fn driver(error: &sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(answer) => {
            if answer.try_downcast_ref::<PgDatabaseError>().is_some() {
                postgres(answer.as_ref())
            } else {
                sqlite(answer.as_ref())
            }
        }
        sqlx::Error::PoolTimedOut => Error::Busy { detail: error.to_string() },
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Error::Unavailable { detail: error.to_string() }
        }
        sqlx::Error::Configuration(_) => Error::Config { detail: error.to_string() },
        _ => Error::internal(error),
    }
}

fn postgres(answer: &dyn DatabaseError) -> Error {
    let code = answer.code().unwrap_or_default();
    let detail = format!("{} (SQLSTATE {code})", answer.message());
    let class = code.get(..2).unwrap_or_default();
    match (class, &*code) {
        (_, "23505") => Error::UniqueViolation {
            table: answer.table().unwrap_or_default().to_owned(),
            constraint: answer.constraint().unwrap_or_default().to_owned(),
        },
        (_, "23503") => Error::ForeignKey { detail },
        // Serialization failure, deadlock, lock timeout, statement timeout.
        (_, "40001" | "40P01" | "55P03" | "57014") => Error::Busy { detail },
        // disk_full; could-not-extend is reported with it as well.
        (_, "53100") => Error::StorageFull { detail },
        (_, "25006") => Error::ReadOnly { detail },
        // Connection exceptions; out of memory or connections; shutdown, crash, starting up.
        ("08" | "53", _) | (_, "57P01" | "57P02" | "57P03" | "57P05") => Error::Unavailable { detail },
        // Wrong password or role, unknown database, no right on the schema.
        ("28" | "3D", _) | (_, "42501") => Error::Config { detail },
        _ => Error::Internal { detail },
    }
}

fn sqlite(answer: &dyn DatabaseError) -> Error {
    let code: i32 = answer.code().and_then(|text| text.parse().ok()).unwrap_or(1);
    let detail = format!("{} (SQLite {code})", answer.message());
    // The low byte is the primary code, the rest tells more.
    match (code & 0xff, code) {
        (_, 1555 | 2067 | 2579) => sqlite_unique(answer.message()),
        (_, 787) => Error::ForeignKey { detail },
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_INTERRUPT.
        (5 | 6 | 9, _) => Error::Busy { detail },
        (8, _) => Error::ReadOnly { detail },
        (13, _) => Error::StorageFull { detail },
        (14, _) => Error::CannotOpen { detail },
        // SQLITE_IOERR_WRITE, _FSYNC, _TRUNCATE, _SHMSIZE: what a full disk looks like when it isn't SQLITE_FULL.
        (10, 778 | 1034 | 1546 | 4874) => Error::StorageFull { detail },
        _ => Error::Internal { detail },
    }
}

/// `UNIQUE constraint failed: call.workspace, call.id`
fn sqlite_unique(message: &str) -> Error {
    let columns = message.rsplit_once(": ").map_or(message, |(_, columns)| columns);
    let table = columns.split_once('.').map_or("", |(table, _)| table);
    Error::UniqueViolation { table: table.to_owned(), constraint: columns.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_unique_message_names_table_and_columns() {
        let error = sqlite_unique("UNIQUE constraint failed: call.workspace, call.id");
        assert!(error.is_unique_violation(Some("call")), "{error:?}");
        assert!(!error.is_unique_violation(Some("deal")), "{error:?}");
        assert!(matches!(error, Error::UniqueViolation { constraint, .. } if constraint == "call.workspace, call.id"));
    }

    #[test]
    fn a_pool_without_free_connection_is_busy_and_a_closed_one_unavailable() {
        let busy = database(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
        assert!(matches!(busy, Error::Busy { .. }) && busy.is_retryable());
        let closed = database(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
        assert!(matches!(closed, Error::Unavailable { .. }) && closed.is_retryable());
        assert!(!Error::internal("x").is_retryable());
    }
}
