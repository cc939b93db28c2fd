//! A transcript: immutable turns in order of time, and where they came from.

use super::call::Side;

/// Most turns of a transcript.
pub const MAX_TURNS: usize = 20_000;
/// Longest text of a turn, characters.
pub const MAX_TEXT: usize = 10_000;

/// How sure it is who spoke, by the kind of evidence.
pub mod confidence {
    /// Somebody who was there, or the tool that recorded it, says so for each turn.
    pub const GIVEN: f64 = 1.0;
    /// The person has a recording channel alone.
    pub const CHANNEL: f64 = 0.98;
    /// The meeting platform marked the voice.
    pub const PLATFORM: f64 = 0.95;
    /// A name stands before the words.
    pub const PREFIX: f64 = 0.9;
    /// Everybody else is on the other channel.
    pub const ELIMINATION: f64 = 0.9;
    /// Nothing tells.
    pub const NONE: f64 = 0.0;
}

/// What produced a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Recording,
    Live,
    Import,
}

impl Source {
    /// Name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Live => "live",
            Self::Import => "import",
        }
    }

    /// The source of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Recording, Self::Live, Self::Import].into_iter().find(|source| source.as_str() == name)
    }
}

/// Who said something, as far as is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Speaker {
    /// Id of the participant; `None` when not known.
    pub participant: Option<String>,
    pub side: Side,
    /// That participant and side are right, 0 to 1.
    pub confidence: f64,
}

/// What one speaker said before somebody else spoke or a pause came.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub speaker: Speaker,
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    /// The engine could not understand it: it carries no claims.
    pub unintelligible: bool,
}

/// A transcript before it has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub source: Source,
    /// Engine or format.
    pub engine: String,
    pub turns: Vec<Turn>,
    /// End of the last turn or of the recording.
    pub duration_ms: u64,
}
