//! Why a reconcile did not reach what is declared, and what that means for the next try.

/// When trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A peer, or Kubernetes, is away: soon, then ever more rarely.
    Away,
    /// A peer refuses what was not ours to decide (a missing role, an unknown workspace): as for [`Class::Away`].
    Refused,
    /// Somebody else wrote at the same time: at once.
    Conflict,
    /// Nothing changes until the resource, or what it refers to, does.
    Waits,
}

/// Why a reconcile did not reach what is declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Failure {
    /// When trying again may help.
    pub class: Class,
    /// For conditions and events, in CamelCase.
    pub reason: &'static str,
    /// For people. It must be the same at the next try, or the status would be written at each.
    pub message: String,
}

impl Failure {
    /// A failure of a class.
    pub fn new(class: Class, reason: &'static str, message: impl Into<String>) -> Self {
        Self { class, reason, message: message.into() }
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        let class = match &error {
            // 422 is how the test of a JSON patch fails that another writer overtook.
            kube::Error::Api(status) if matches!(status.code, 409 | 422) => Class::Conflict,
            _ => Class::Away,
        };
        Self::new(class, "KubernetesRefused", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn overtaken_writes_are_conflicts_and_a_silent_server_is_away() {
        let answered = |code| Failure::from(kube::Error::Api(Status::failure("no", "Any").with_code(code).boxed()));
        assert_eq!(answered(409).class, Class::Conflict);
        assert_eq!(answered(422).class, Class::Conflict);
        assert_eq!(answered(500).class, Class::Away);
        assert_eq!(Failure::from(kube::Error::LinesCodecMaxLineLengthExceeded).class, Class::Away);
    }
}
