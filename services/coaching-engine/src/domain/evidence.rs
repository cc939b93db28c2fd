//! The place in a call that a claim stands on. Coaching passes evidence on as the evaluator found it and never edits a quote; it
//! erases quotes of calls that are purged.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// On whose side of the table somebody sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The seller.
    Rep,
    /// The customer.
    Buyer,
    /// Not known.
    Unknown,
}

/// Does the quote support the claim?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The words say it.
    Stated,
    /// The words imply it.
    Implied,
    /// The words speak against it.
    Contradicted,
    /// Nothing judged it.
    Unverified,
}

/// A quote with its place. Turn and millisecond ranges include both ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Id of the call in the same workspace.
    pub call: String,
    /// First turn, from 0.
    pub turn: u32,
    /// Last turn.
    pub end_turn: u32,
    /// Start of the first turn in the recording.
    pub start_ms: u32,
    /// End of the last turn in the recording.
    pub end_ms: u32,
    /// Verbatim words.
    pub quote: String,
    /// Who spoke.
    pub side: Side,
    /// Name of the speaker, empty when unknown.
    pub speaker: String,
    /// Confidence that the speaker is right, 0 to 1.
    pub speaker_confidence: f64,
    /// Does the quote support the claim?
    pub support: Support,
    /// What judged the support.
    pub method: String,
    /// Calibrated probability of the detector, unset for rules.
    pub confidence: Option<f64>,
    /// When quote and speaker were erased with their call; the place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged_at: Option<DateTime<Utc>>,
}

impl Evidence {
    /// Can a line stand on it? A quote that speaks against the claim, or none at all, carries nothing. One that was erased
    /// did stand there.
    pub fn carries(&self) -> bool {
        let said = self.purged_at.is_some() || !self.quote.trim().is_empty();
        said && self.support != Support::Contradicted
    }

    /// Erases the words; what was erased before stays as it is.
    pub fn erase(&mut self, at: DateTime<Utc>) {
        self.quote = String::new();
        self.speaker = String::new();
        self.purged_at.get_or_insert(at);
    }

    /// How good a clip of the claim it is: stated before implied before unjudged, then how sure the detector and the speaker are.
    pub fn strength(&self) -> f64 {
        let support = match self.support {
            Support::Stated => 3.0,
            Support::Implied => 2.0,
            Support::Unverified => 1.0,
            Support::Contradicted => 0.0,
        };
        support + self.confidence.unwrap_or(0.5) * self.speaker_confidence * 0.99
    }
}
