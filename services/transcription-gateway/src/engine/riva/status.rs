//! What a status means: may another try, or another engine, help?

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::super::EngineError;

/// Longest wait that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);
/// Most characters of what the server said.
const MAX_SAID: usize = 200;

/// The error of a status.
pub(super) fn error(status: &Status) -> EngineError {
    let said: String = status.message().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SAID).collect();
    let cause = format!("{:?}: {said}", status.code());
    let retry_after = || {
        let delay = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
        delay.map(|delay| delay.min(MAX_RETRY_AFTER))
    };
    match status.code() {
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => {
            EngineError::Unavailable { cause, retry_after: retry_after() }
        }
        // A connection that broke has no code of its own, but a cause.
        Code::Unknown | Code::Internal if std::error::Error::source(status).is_some() => {
            EngineError::unavailable(cause)
        }
        Code::Unknown | Code::Internal | Code::DataLoss | Code::Ok => EngineError::Failed(cause),
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => EngineError::Rejected(cause),
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn statuses_say_whether_it_is_the_server_the_request_or_the_moment() {
        for (code, expected) in [
            (Code::Unavailable, "is not available"),
            (Code::ResourceExhausted, "is not available"),
            (Code::InvalidArgument, "refuses"),
            (Code::Unauthenticated, "refuses"),
            (Code::Unimplemented, "refuses"),
            (Code::Internal, "failed"),
        ] {
            let error = error(&Status::new(code, "model x\nnot found")).to_string();
            assert!(error.contains(expected) && error.ends_with("model x not found"), "{error}");
        }
    }

    #[test]
    fn a_server_may_say_when_to_come_again() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(900)));
        let status = Status::with_error_details(Code::ResourceExhausted, "full", details);
        assert_eq!(error(&status).retry_after(), Some(MAX_RETRY_AFTER));
    }
}
