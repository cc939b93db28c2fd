//! What a caller of the API is told of a database error.

use std::time::Duration;

use throughline_rpc::{Reason, Violations};

use super::Error;

/// When a call that met a busy database should come again.
const BUSY_RETRY: Duration = Duration::from_millis(250);

/// A unique violation is INTERNAL here: only the caller knows which resource exists already, and turns it into
/// ALREADY_EXISTS before it comes this far.
impl From<Error> for throughline_rpc::Error {
    fn from(error: Error) -> Self {
        let cause = error.to_string();
        match error {
            Error::Busy { .. } => Self::unavailable(Reason::StorageUnavailable, "the database is busy")
                .with_retry_after(BUSY_RETRY)
                .caused_by(cause),
            Error::Unavailable { .. } => {
                Self::unavailable(Reason::StorageUnavailable, "the database is not available").caused_by(cause)
            }
            Error::StorageFull { .. } => {
                Self::resource_exhausted(Reason::StorageFull, "no storage left; nothing of this call was stored", None)
                    .caused_by(cause)
            }
            Error::ReadOnly { .. } => {
                let message = "the data folder or the database is read-only; nothing of this call was stored";
                Self::failed_precondition(Reason::StorageReadOnly, message).caused_by(cause)
            }
            Error::RequestIdReused { request_id } => {
                let mut violations = Violations::new();
                violations.add("request_id", "was used within 24 hours with another request");
                Self::invalid_because(Reason::RequestIdReused, violations).with_metadata("request_id", request_id)
            }
            Error::UniqueViolation { .. }
            | Error::ForeignKey { .. }
            | Error::CannotOpen { .. }
            | Error::Config { .. }
            | Error::SchemaOutdated { .. }
            | Error::SchemaNewer { .. }
            | Error::Internal { .. } => Self::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use throughline_rpc::Error as ApiError;

    use super::*;

    #[test]
    fn each_error_tells_the_caller_what_can_be_done() {
        let detail = || "x".to_owned();
        let expected = [
            (Error::Busy { detail: detail() }, Reason::StorageUnavailable),
            (Error::Unavailable { detail: detail() }, Reason::StorageUnavailable),
            (Error::StorageFull { detail: detail() }, Reason::StorageFull),
            (Error::ReadOnly { detail: detail() }, Reason::StorageReadOnly),
            (Error::RequestIdReused { request_id: detail() }, Reason::RequestIdReused),
            (Error::UniqueViolation { table: detail(), constraint: detail() }, Reason::Internal),
            (Error::Internal { detail: detail() }, Reason::Internal),
        ];
        for (error, reason) in expected {
            assert_eq!(ApiError::from(error).reason(), reason);
        }
    }
}
