//! A transcript: immutable turns in order of time, and where they came from.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
    /// The meeting platform noted who was active, and only one was.
    pub const ACTIVE: f64 = 0.85;
    /// Everybody else is on the other channel, or is known by the voice.
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
    /// A person corrected who spoke.
    Correction,
}

impl Source {
    /// Name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Live => "live",
            Self::Import => "import",
            Self::Correction => "correction",
        }
    }

    /// The source of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Recording, Self::Live, Self::Import, Self::Correction].into_iter().find(|source| source.as_str() == name)
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

/// Whether sentences can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Punctuation {
    /// Stored before this was noted.
    #[default]
    Unknown,
    /// The engine, or the tool it was imported from, wrote it.
    Given,
    /// Put in afterwards.
    Restored,
    Absent,
}

impl Punctuation {
    const ALL: [Self; 4] = [Self::Unknown, Self::Given, Self::Restored, Self::Absent];

    /// Name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Given => "given",
            Self::Restored => "restored",
            Self::Absent => "absent",
        }
    }

    /// Given where a sentence ends at least every hundred words on average, else absent.
    pub fn found_in(turns: &[Turn]) -> Self {
        let ends = |text: &str| text.matches(['.', '?', '!', '。', '？', '！']).count();
        let (words, sentences) = turns.iter().fold((0, 0), |(words, sentences), turn| {
            (words + turn.text.split_whitespace().count(), sentences + ends(&turn.text))
        });
        if sentences > 0 && words <= sentences * 100 { Self::Given } else { Self::Absent }
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|punctuation| punctuation.as_str() == name)
    }
}

/// Whether voices that share a channel were told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separation {
    /// Imported, or stored before this was noted.
    #[default]
    Unknown,
    Done,
    /// Each channel is one person's.
    NotNeeded,
    ModelMissing,
    /// It broke down; that must not cost the transcript.
    Failed,
    /// Switched off.
    Off,
}

impl Separation {
    const ALL: [Self; 6] = [Self::Unknown, Self::Done, Self::NotNeeded, Self::ModelMissing, Self::Failed, Self::Off];

    /// Name as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Done => "done",
            Self::NotNeeded => "not_needed",
            Self::ModelMissing => "model_missing",
            Self::Failed => "failed",
            Self::Off => "off",
        }
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|separation| separation.as_str() == name)
    }
}

/// A word and when it was said, where that is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
    pub start_ms: u64,
    pub end_ms: u64,
    /// 0 to 1; `None` where the engine gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// A misheard name that was put right: where it stands in the text, and what the engine wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Bytes of the text.
    pub span: Range<usize>,
    pub original: String,
}

/// What is redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactionKind {
    Card,
    BankAccount,
    Identity,
    Secret,
}

/// Something that was taken out; what it was is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// Where its mark stands, bytes of the text.
    pub span: Range<usize>,
    pub kind: RedactionKind,
    /// The stretch of the recording that is silent, milliseconds; empty where there is none.
    pub muted_ms: Range<u64>,
}

/// What is known of a turn's words beside the words themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Annotations {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// The text with numbers in digits; empty where that is the same.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text_with_digits: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redactions: Vec<Redaction>,
    /// Label of the voice in this call; empty where voices were not told apart.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub voice: String,
    /// That it is this voice and not another, 0 to 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub voice_confidence: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// A part of a turn's text that was recognised in one piece, and all of the sound that it was recognised in. Not stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// Bytes of the text.
    pub bytes: Range<usize>,
    pub ms: Range<u64>,
}

/// What one speaker said before somebody else spoke or a pause came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Turn {
    pub speaker: Speaker,
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    /// The engine could not understand it: it carries no claims.
    pub unintelligible: bool,
    pub annotations: Annotations,
    /// The pieces it was put together of; empty where that is not known.
    pub heard: Vec<Heard>,
}

/// A transcript before it has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub source: Source,
    /// Engine or format.
    pub engine: String,
    /// BCP 47 tag, empty when not known.
    pub language: String,
    pub punctuation: Punctuation,
    pub separation: Separation,
    pub turns: Vec<Turn>,
    /// End of the last turn or of the recording.
    pub duration_ms: u64,
    /// When the live stream that it was made of broke off.
    pub broke_off_at: Option<DateTime<Utc>>,
}
