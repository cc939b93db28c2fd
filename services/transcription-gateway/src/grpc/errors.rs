//! What callers are told when their file, transcript or audio can't be used, or the engine can't be had.

use throughline_models::MissingModel;
use throughline_rpc::{Error, Reason, Violations};

use crate::audio::AudioError;
use crate::domain::Violation;
use crate::engine::EngineError;
use crate::speech::SpeechError;

/// The command that gets a missing model.
const PULL: &str = "throughline models pull";

/// Violations of a request, with the path of the part they are about in front.
pub fn violations(prefix: &str, found: Vec<Violation>) -> Violations {
    let mut violations = Violations::new();
    for Violation { place, problem } in found {
        violations.add(format!("{prefix}{place}"), problem);
    }
    violations
}

/// INVALID_ARGUMENT for a transcript, with every place.
pub fn transcript_error(found: Vec<Violation>) -> Error {
    Error::invalid_because(Reason::TranscriptInvalid, violations("", found))
}

/// INVALID_ARGUMENT for the file that tells of a call, with every place.
pub fn side_file_error(key: &str, found: Vec<Violation>) -> Error {
    Error::invalid_because(Reason::TranscriptInvalid, violations(&format!("{key}: "), found))
}

/// INVALID_ARGUMENT for a file that is no usable recording.
pub fn audio_error(error: &AudioError) -> Error {
    match error {
        AudioError::Io(cause) => Error::internal(cause),
        AudioError::Away(cause) => {
            Error::unavailable(Reason::StorageUnavailable, "the store of recordings does not answer").caused_by(cause)
        }
        _ => Error::new(tonic::Code::InvalidArgument, Reason::AudioUnsupported, error.to_string())
            .with_metadata("detail", error.to_string()),
    }
}

/// Why speech could not be recognised.
pub fn engine_error(error: &EngineError) -> Error {
    let message = error.to_string();
    match error {
        EngineError::Missing(missing) => Error::failed_precondition(Reason::ModelMissing, message)
            .with_metadata("model", model_of(missing))
            .with_metadata("command", PULL),
        EngineError::Busy { retry_after } => Error::resource_exhausted(Reason::QueueFull, message, Some(*retry_after)),
        EngineError::Stopped => Error::unavailable(Reason::Draining, message),
        // What an engine at some address said is for its administrator, not for whoever sends a call.
        EngineError::Unavailable { .. } | EngineError::Rejected(_) => Error::unavailable(
            Reason::EngineUnavailable,
            "no speech engine is available for this now; GetSpeechEngine shows what is wrong",
        ),
        EngineError::Unserved(_) => Error::failed_precondition(Reason::NoSpeechEngine, message),
        EngineError::Failed(cause) => Error::internal(cause),
    }
}

/// Why there is no transcript.
pub fn speech_error(error: &SpeechError) -> Error {
    match error {
        SpeechError::Audio(error) => audio_error(error),
        SpeechError::Engine(error) => engine_error(error),
        SpeechError::NoSpeech { .. } => {
            Error::new(tonic::Code::InvalidArgument, Reason::AudioUnsupported, error.to_string())
                .with_metadata("detail", error.to_string())
        }
        SpeechError::Cancelled => Error::unavailable(Reason::Draining, error.to_string()),
    }
}

fn model_of(missing: &MissingModel) -> &str {
    match missing {
        MissingModel::NotPulled { model, .. }
        | MissingModel::NotFetched { model, .. }
        | MissingModel::WrongChecksum { model, .. }
        | MissingModel::Unreadable { model, .. }
        | MissingModel::NotForThisPlatform { model, .. }
        | MissingModel::Unknown { model } => model,
    }
}
