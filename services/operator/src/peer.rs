//! What the answers of a peer mean for a reconcile.

use std::time::Duration;

use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

use crate::failure::{Class, Failure};

/// Deadline of calls that only read or switch.
pub const QUICK: Duration = Duration::from_secs(30);
/// Most characters of a peer's text in a condition.
const MAX_TEXT: usize = 400;

/// How failures of calls to a peer are told.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// For people: `the playbook evaluator`.
    pub peer: &'static str,
    /// What is declared is not acceptable.
    pub invalid: (Class, &'static str),
    /// The operator may not do it, or not now.
    pub refused: &'static str,
    /// It can't be reached or can't answer.
    pub unavailable: &'static str,
}

impl Terms {
    /// Nothing where it does not exist, except for a workspace, which is a matter of its own.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn found<T>(&self, answer: Result<Response<T>, Status>) -> Result<Option<T>, Failure> {
        match answer {
            Ok(answer) => Ok(Some(answer.into_inner())),
            Err(status) if status.code() == Code::NotFound && reason(&status) != "WORKSPACE_UNKNOWN" => Ok(None),
            Err(status) => Err(self.failure(status)),
        }
    }

    /// What a status means.
    pub fn failure(&self, status: Status) -> Failure {
        let text: String = status.message().chars().take(MAX_TEXT).collect();
        match status.code() {
            Code::InvalidArgument => Failure::new(self.invalid.0, self.invalid.1, text),
            Code::NotFound if reason(&status) == "WORKSPACE_UNKNOWN" => {
                Failure::new(Class::Refused, "WorkspaceUnknown", text)
            }
            Code::ResourceExhausted if reason(&status) == "LIMIT_EXCEEDED" => {
                Failure::new(Class::Refused, "LimitExceeded", text)
            }
            Code::Unauthenticated | Code::PermissionDenied | Code::FailedPrecondition | Code::Unimplemented => {
                Failure::new(Class::Refused, self.refused, text)
            }
            // Its text may change from try to try (addresses, trace ids): it goes to the log, not to the status.
            code => {
                tracing::warn!(?code, text, peer = self.peer, "a peer can't answer");
                let message = format!("{} can't be reached; trying again", self.peer);
                Failure::new(Class::Away, self.unavailable, message)
            }
        }
    }
}

/// A call with a deadline.
pub fn within<T>(deadline: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(deadline);
    request
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
