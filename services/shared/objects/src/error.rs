//! What can go wrong with a store, told apart by what somebody can do about it.

use std::io;

use object_store::client::{HttpError, HttpErrorKind};

/// Why a store did not do as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing is stored under that key.
    #[error("`{0}` is not in the store")]
    NotFound(String),
    /// No room is left.
    #[error("the store is full: {0}")]
    Full(String),
    /// The store does not let this service in, or not write.
    #[error("the store refuses access: {0}")]
    Denied(String),
    /// It can't be reached, does not answer in time, or fails; the same may work later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The object is sealed under a key that the key file does not hold (any more).
    #[error("the key `{0}`, under which the object is sealed, is not in the key file")]
    KeyMissing(String),
    /// The object is not what was stored under this key of this workspace: cut off, changed, or of another place.
    #[error("`{key}` is damaged: {what}")]
    Damaged {
        /// Its key.
        key: String,
        /// What does not fit.
        what: &'static str,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Whether the same may work later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as Cause;
        let text = error.to_string();
        match &error {
            Cause::NotFound { path, .. } => return Self::NotFound(path.clone()),
            Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => {
                // Some servers answer a full bucket or a quota with 403.
                return if says_full(&text) { Self::Full(text) } else { Self::Denied(text) };
            }
            _ => {}
        }
        if says_full(&text) {
            return Self::Full(text);
        }
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = source {
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && let Some(told) = of_io(io, &text)
            {
                return told;
            }
            if let Some(http) = cause.downcast_ref::<HttpError>()
                && http.kind() != HttpErrorKind::Decode
            {
                return Self::Unavailable(text);
            }
            source = cause.source();
        }
        if says_later(&text) { Self::Unavailable(text) } else { Self::Other(text) }
    }
}

fn of_io(error: &io::Error, text: &str) -> Option<Error> {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => Some(Error::Full(text.to_owned())),
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem | Kind::NotADirectory | Kind::NotFound => {
            Some(Error::Denied(text.to_owned()))
        }
        Kind::TimedOut | Kind::ConnectionRefused | Kind::ConnectionReset | Kind::StaleNetworkFileHandle => {
            Some(Error::Unavailable(text.to_owned()))
        }
        _ => None,
    }
}

/// Codes with which servers say that there is no room: MinIO, Ceph, Azure, and 507 of whoever speaks HTTP.
fn says_full(text: &str) -> bool {
    ["XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507 Insufficient"]
        .iter()
        .any(|code| text.contains(code))
}

/// Statuses after which coming again helps; `object_store` has tried a few times by then.
fn says_later(text: &str) -> bool {
    ["status code: 5", "status code: 429", "status code: 408", "SlowDown"].iter().any(|code| text.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl std::error::Error + Send + Sync + 'static) -> Error {
        object_store::Error::Generic { store: "S3", source: Box::new(source) }.into()
    }

    #[test]
    fn a_full_a_forbidden_and_an_absent_store_are_told_apart() {
        let io = |kind: io::ErrorKind| generic(io::Error::from(kind));
        assert!(matches!(io(io::ErrorKind::StorageFull), Error::Full(_)));
        assert!(matches!(io(io::ErrorKind::ReadOnlyFilesystem), Error::Denied(_)));
        assert!(matches!(io(io::ErrorKind::ConnectionRefused), Error::Unavailable(_)));
        let said = |text: &'static str| generic(io::Error::other(text));
        assert!(matches!(said("status code: 507: <Code>XMinioStorageFull</Code>"), Error::Full(_)));
        assert!(matches!(said("status code: 503: <Code>SlowDown</Code>"), Error::Unavailable(_)));
        assert!(matches!(said("no such thing"), Error::Other(_)));
        let refused = HttpError::new(HttpErrorKind::Connect, io::Error::other("nobody there"));
        assert!(matches!(generic(refused), Error::Unavailable(_)));
    }
}
