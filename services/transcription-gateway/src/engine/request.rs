//! What an engine is asked, and what it answers.

use std::sync::Arc;

use crate::domain::transcript::Word;

/// Samples in a second of what engines are given.
pub const RATE_HZ: usize = 16_000;

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

/// A segment to be recognised. Cheap to clone: the sound is shared, so that another engine can be asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// Mono, 16 kHz, -1 to 1.
    pub samples: Arc<[f32]>,
    pub urgency: Urgency,
    /// BCP 47 tag of what is probably spoken; `None` where nobody knows.
    pub language: Option<String>,
    /// Names of products and people that an engine may lean towards, most important first; engines that can't ignore
    /// them.
    pub vocabulary: Arc<[String]>,
}

impl Request {
    /// A segment of which no more is known.
    pub fn new(samples: impl Into<Arc<[f32]>>, urgency: Urgency) -> Self {
        Self { samples: samples.into(), urgency, language: None, vocabulary: Arc::default() }
    }

    /// Length of the sound, milliseconds.
    pub fn audio_ms(&self) -> u64 {
        (self.samples.len() * 1000 / RATE_HZ) as u64
    }
}

/// What was understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recognition {
    pub text: String,
    /// In order of time, milliseconds from the segment's begin; empty where the engine has none. Never interpolated.
    pub words: Vec<Word>,
    /// BCP 47 tag of what was spoken, where the engine knows.
    pub language: Option<String>,
}
