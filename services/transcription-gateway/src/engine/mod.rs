//! Turning sound into words: voice detection, segments, recognition, and what guards against invented words.
//!
//! Owns: the [`SpeechEngine`] that recognises one segment at a time, the engines behind it and which of them is asked
//! (see `router`), the segmenter in front of it and the checks after it. Does not own: files (see `audio`), speakers,
//! turns and what is declared of engines (see `domain`).

mod build;
pub mod embedded;
mod error;
pub mod grants;
pub mod guard;
mod heard;
mod language;
mod loader;
mod moonshine;
pub mod openai;
pub mod partial;
mod pcm;
mod pool;
mod queue;
mod request;
pub mod riva;
pub mod router;
pub mod segmenter;
mod vad;
#[cfg(feature = "whisper")]
pub mod whisper;

use std::borrow::Cow;

use async_trait::async_trait;

pub use build::{Means, build, host_of_address, host_of_url};
pub use error::EngineError;
/// The model of the recognisers in this process.
pub use moonshine::NAME as EMBEDDED_MODEL;
pub use request::{Recognition, Request, Urgency};

/// What an engine can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// BCP 47 tags of the languages it understands; `*` for any.
    pub languages: Vec<String>,
    /// Longest segment it takes, milliseconds.
    pub max_segment_ms: u64,
    /// Whether a growing segment may be recognised again and again while it is spoken.
    pub partials: bool,
    /// Whether it tells when each word was said.
    pub word_times: bool,
    /// Whether it writes punctuation.
    pub punctuation: bool,
    /// Whether it is quick enough for live streams.
    pub live: bool,
    /// Whether it takes recordings.
    pub batch: bool,
}

/// Recognises speech, one segment at a time.
#[async_trait]
pub trait SpeechEngine: Send + Sync {
    /// Name as it stands in a transcript.
    fn name(&self) -> Cow<'_, str>;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes the engine ready, so that a missing model is known before any sound is sent. Costs nothing once it is.
    async fn prepare(&self) -> Result<(), EngineError>;

    /// Recognises a segment of at most [`Capabilities::max_segment_ms`]. Waits for room in the queue, but for partials,
    /// which fail with [`EngineError::Busy`] at once. Whoever drops the future gives the segment up.
    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError>;

    /// Whether a new live stream would find room.
    fn has_room(&self) -> bool;

    /// Ends the engine's own threads and connections, after the work at hand.
    async fn stop(&self);
}
