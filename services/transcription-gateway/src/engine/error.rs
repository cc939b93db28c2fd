//! Why a segment was not recognised, and whether asking elsewhere or later may help.

use std::time::Duration;

use throughline_models::MissingModel;
use throughline_onnx::OnnxError;

/// Why a segment was not recognised.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// Its model is not there.
    #[error(transparent)]
    Missing(#[from] MissingModel),
    /// Its queue is full.
    #[error("the speech engine is busy; try again in {} s", retry_after.as_secs().max(1))]
    Busy { retry_after: Duration },
    /// It can't be reached or can't answer now: no connection, out of time, 5xx, 429. `retry_after` is what the engine
    /// itself asked for.
    #[error("the speech engine is not available: {cause}")]
    Unavailable { cause: String, retry_after: Option<Duration> },
    /// It refuses what it was asked and would refuse it again: 4xx, a model it doesn't have, credentials it doesn't take.
    #[error("the speech engine refuses the request: {0}")]
    Rejected(String),
    /// Nobody is asked for this: no engine is declared for the language and mode, or all are switched off.
    #[error("no speech engine is declared for {0}")]
    Unserved(String),
    /// It is being stopped.
    #[error("the speech engine is stopping")]
    Stopped,
    /// It broke down on this segment, or answered what is no answer.
    #[error("the speech engine failed: {0}")]
    Failed(String),
}

impl EngineError {
    /// The engine can't be had now, and did not say when.
    pub fn unavailable(cause: impl ToString) -> Self {
        Self::Unavailable { cause: cause.to_string(), retry_after: None }
    }

    /// Whether another engine may recognise the same segment.
    pub fn another_may_help(&self) -> bool {
        match self {
            // Requests are made here and are well-formed: a refusal is about this engine's model, language or key.
            Self::Missing(_) | Self::Busy { .. } | Self::Unavailable { .. } | Self::Rejected(_) | Self::Failed(_) => {
                true
            }
            Self::Unserved(_) | Self::Stopped => false,
        }
    }

    /// Whether the same engine may recognise the same segment later, without anybody doing anything about it.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable { .. } | Self::Stopped)
    }

    /// Whether it tells something of the engine's health. A full queue and a missing model do not.
    pub fn is_a_fault(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Rejected(_) | Self::Failed(_))
    }

    /// The same for whoever sends calls: what an engine at some address said is for its administrator, who finds it in
    /// `SpeechEngine.health`.
    pub fn for_callers(&self) -> String {
        match self {
            Self::Unavailable { .. } => "the speech engine is not available".to_owned(),
            Self::Rejected(_) => "the speech engine refuses the request".to_owned(),
            Self::Failed(_) => "the speech engine failed".to_owned(),
            Self::Missing(_) | Self::Busy { .. } | Self::Unserved(_) | Self::Stopped => self.to_string(),
        }
    }

    /// When to come again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Missing(_) | Self::Rejected(_) | Self::Unserved(_) | Self::Stopped | Self::Failed(_) => None,
        }
    }
}

impl From<OnnxError> for EngineError {
    fn from(error: OnnxError) -> Self {
        Self::Failed(error.to_string())
    }
}
