//! The one error of the API, and the one function that turns it into a status with `google.rpc` details.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::{Reason, Violations, trace};

/// The domain of every `ErrorInfo` sent.
pub const ERROR_DOMAIN: &str = "throughline.dev";

/// Most bytes of violations that one answer lists; where they are more, the total stands in the metadata. Details travel
/// in a header, and clients refuse headers of over 8 to 16 KiB.
const MAX_VIOLATION_BYTES: usize = 4_800;

/// Why a call failed, with all that the caller may know of it.
#[derive(Debug, Clone)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    code: Code,
    reason: Reason,
    message: String,
    violations: Violations,
    resource: Option<(String, String)>,
    metadata: HashMap<String, String>,
    retry_after: Option<Duration>,
    /// What really happened, for the log only.
    cause: Option<String>,
}

impl Error {
    /// An error of any code; the named constructors below are to be preferred.
    pub fn new(code: Code, reason: Reason, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            reason,
            message: message.into(),
            violations: Violations::new(),
            resource: None,
            metadata: HashMap::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// INVALID_ARGUMENT with every violation.
    #[must_use]
    pub fn invalid(violations: Violations) -> Self {
        Self::invalid_because(Reason::InvalidFields, violations)
    }

    /// INVALID_ARGUMENT for a document, file or recording, with every violation.
    #[must_use]
    pub fn invalid_because(reason: Reason, violations: Violations) -> Self {
        let message = match violations.as_slice() {
            [] => "the request is invalid".to_owned(),
            [(field, description)] => format!("{field}: {description}"),
            [(field, description), rest @ ..] => format!("{field}: {description} (and {} more)", rest.len()),
        };
        let mut error = Self::new(Code::InvalidArgument, reason, message);
        error.0.violations = violations;
        error
    }

    /// INVALID_ARGUMENT for one field.
    pub fn invalid_field(field: &str, description: impl Into<String>) -> Self {
        let mut violations = Violations::new();
        violations.add(field, description);
        Self::invalid(violations)
    }

    /// NOT_FOUND, with the resource named.
    pub fn not_found(kind: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        let mut error = Self::new(Code::NotFound, Reason::ResourceNotFound, format!("{kind} {name} does not exist"));
        error.0.resource = Some((kind.to_owned(), name));
        error
    }

    /// ALREADY_EXISTS, with the resource named.
    pub fn already_exists(kind: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        let mut error = Self::new(Code::AlreadyExists, Reason::ResourceExists, format!("{kind} {name} exists already"));
        error.0.resource = Some((kind.to_owned(), name));
        error
    }

    /// FAILED_PRECONDITION: the state does not allow it.
    pub fn failed_precondition(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Code::FailedPrecondition, reason, message)
    }

    /// ABORTED: somebody else was first.
    pub fn aborted(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Code::Aborted, reason, message)
    }

    /// UNAUTHENTICATED.
    pub fn unauthenticated(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, reason, message)
    }

    /// PERMISSION_DENIED.
    pub fn permission_denied(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Code::PermissionDenied, reason, message)
    }

    /// RESOURCE_EXHAUSTED; with a delay where coming again helps.
    pub fn resource_exhausted(reason: Reason, message: impl Into<String>, retry_after: Option<Duration>) -> Self {
        let mut error = Self::new(Code::ResourceExhausted, reason, message);
        error.0.retry_after = retry_after;
        error
    }

    /// UNAVAILABLE: coming again after a second may help.
    pub fn unavailable(reason: Reason, message: impl Into<String>) -> Self {
        let mut error = Self::new(Code::Unavailable, reason, message);
        error.0.retry_after = Some(Duration::from_secs(1));
        error
    }

    /// INTERNAL: the cause goes to the log, the caller gets a constant text and the trace id.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let mut error = Self::new(Code::Internal, Reason::Internal, "internal error");
        error.0.cause = Some(cause.to_string());
        error
    }

    /// What a peer's status means for our caller. A peer's text and details are never passed on, but for NOT_FOUND,
    /// which names the resource that our caller asked about.
    #[must_use]
    pub fn from_peer(peer: &str, status: &Status) -> Self {
        let error = match status.code() {
            Code::NotFound => {
                let resource = status
                    .get_error_details()
                    .resource_info()
                    .map(|r| (r.resource_type.clone(), r.resource_name.clone()));
                let (kind, name) = resource.unwrap_or_else(|| ("Resource".to_owned(), String::new()));
                return Self::not_found(&kind, name).with_metadata("peer", peer);
            }
            Code::DeadlineExceeded | Code::Cancelled => {
                Self::new(Code::DeadlineExceeded, Reason::DeadlineExceeded, format!("{peer} did not answer in time"))
            }
            Code::Unavailable | Code::ResourceExhausted | Code::Aborted => {
                Self::unavailable(Reason::PeerUnavailable, format!("{peer} is not available"))
            }
            code => return Self::internal(format!("{peer} answered {code:?}: {}", status.message())),
        };
        error.with_metadata("peer", peer).caused_by(format!("{:?}: {}", status.code(), status.message()))
    }

    /// Adds a key of the reason's metadata.
    #[must_use]
    pub fn with_metadata(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// Adds when to come again.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Adds what really happened, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// The status code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The text for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The violations, if any.
    #[must_use]
    pub fn violations(&self) -> &Violations {
        &self.0.violations
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.cause {
            Some(cause) => write!(f, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let Parts { code, reason, message, violations, resource, mut metadata, retry_after, cause } = *error.0;
        if code == Code::Internal {
            tracing::error!(cause = cause.as_deref().unwrap_or("unknown"), "internal error");
            metadata.insert("trace_id".to_owned(), trace::current_trace_id());
        } else if let Some(cause) = cause {
            tracing::debug!(cause, message, "call failed");
        }
        let name = reason.as_str_name().trim_start_matches("ERROR_REASON_");
        let listed = listed(&violations);
        if listed.len() < violations.as_slice().len() {
            metadata.entry("violations".to_owned()).or_insert_with(|| violations.as_slice().len().to_string());
        }
        let mut details = ErrorDetails::with_error_info(name, ERROR_DOMAIN, metadata);
        if !listed.is_empty() {
            details.set_bad_request(listed);
        }
        if let Some((kind, name)) = resource {
            details.set_resource_info(kind, name, "", &message);
        }
        if code == Code::FailedPrecondition {
            details.add_precondition_failure_violation(name, "", &message);
        }
        if code == Code::ResourceExhausted {
            details.add_quota_failure_violation(name, &message);
        }
        if retry_after.is_some() {
            details.set_retry_info(retry_after);
        }
        Status::with_error_details(code, message, details)
    }
}

/// The violations that fit, the first always.
fn listed(violations: &Violations) -> Vec<FieldViolation> {
    let mut bytes = 0;
    let fits = violations.as_slice().iter().enumerate().take_while(|(index, (field, description))| {
        bytes += field.len() + description.len();
        *index == 0 || bytes <= MAX_VIOLATION_BYTES
    });
    fits.map(|(_, (field, description))| FieldViolation::new(field, description)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_violation_and_names_the_reason() {
        let mut violations = Violations::new();
        violations.add("call.title", "must not be empty");
        violations.add("call_id", "must be lower case");
        let status = Status::from(Error::invalid(violations));
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "INVALID_FIELDS");
        assert_eq!(details.bad_request().unwrap().field_violations.len(), 2);
    }

    #[test]
    fn more_violations_than_a_header_holds_are_counted() {
        let mut violations = Violations::new();
        for row in 0..1_000 {
            violations.add(format!("opportunities.csv:{row}:close_date"), "`31/31/2026` is no date");
        }
        let status = Status::from(Error::invalid(violations));
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["violations"], "1000");
        assert!((20..200).contains(&details.bad_request().unwrap().field_violations.len()));
        assert!(status.details().len() < 12_000);
    }

    #[test]
    fn internal_text_is_constant() {
        let status = Status::from(Error::internal("password=hunter2 in dsn"));
        assert_eq!(status.message(), "internal error");
        assert!(!format!("{:?}", status.get_error_details()).contains("hunter2"));
    }

    #[test]
    fn a_peers_text_is_not_passed_on() {
        let error = Error::from_peer("crm-sync", &Status::unavailable("10.0.0.7 refused"));
        assert_eq!(error.reason(), Reason::PeerUnavailable);
        assert!(!Status::from(error).message().contains("10.0.0.7"));
    }
}
