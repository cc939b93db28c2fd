//! Turning sound into words: voice detection, segments, recognition, and what guards against invented words.
//!
//! Owns: the [`SpeechEngine`] that recognises one segment at a time, the embedded engine behind it, the segmenter in
//! front of it and the checks after it. Does not own: files (see `audio`), speakers and turns (see `domain`).

pub mod embedded;
pub mod guard;
mod loader;
mod moonshine;
pub mod partial;
mod pool;
mod queue;
pub mod segmenter;
mod vad;

use std::time::Duration;

use async_trait::async_trait;
use throughline_models::MissingModel;
use throughline_onnx::OnnxError;

/// What an engine can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// BCP 47 tag of the language it understands.
    pub language: &'static str,
    /// Longest segment it takes, milliseconds.
    pub max_segment_ms: u64,
    /// Whether a growing segment may be recognised again and again while it is spoken.
    pub partials: bool,
    /// Whether it tells when each word was said.
    pub word_times: bool,
}

/// How urgent a piece of work is. Under load partials are dropped first, and recordings wait for live speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A finished segment of a live stream: somebody is waiting for it.
    Live,
    /// A segment of a recording.
    Recording,
    /// A guess at an unfinished segment: given up at once when there is no room.
    Partial,
}

/// Why a segment was not recognised.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Missing(#[from] MissingModel),
    #[error("the speech engine is busy; try again in {} s", retry_after.as_secs().max(1))]
    Busy { retry_after: Duration },
    #[error("the speech engine is stopping")]
    Stopped,
    #[error("the speech engine failed: {0}")]
    Failed(String),
}

impl From<OnnxError> for EngineError {
    fn from(error: OnnxError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Recognises speech, one segment at a time.
#[async_trait]
pub trait SpeechEngine: Send + Sync {
    /// Name as it stands in a transcript.
    fn name(&self) -> &str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes the engine ready, so that a missing model is known before any sound is sent.
    async fn prepare(&self) -> Result<(), EngineError>;

    /// Recognises `samples`: mono, 16 kHz, -1 to 1, at most [`Capabilities::max_segment_ms`]. Waits for room in the
    /// queue, but for partials, which fail with [`EngineError::Busy`] at once.
    async fn recognise(&self, samples: Vec<f32>, urgency: Urgency) -> Result<String, EngineError>;

    /// Whether a new live stream would find room.
    fn has_room(&self) -> bool;

    /// Ends the engine's own threads, after the work at hand.
    async fn stop(&self);
}
