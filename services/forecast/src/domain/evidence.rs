//! The place in a call that a claim stands on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::CallId;

/// On whose side of the table somebody sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Unknown,
    Rep,
    Buyer,
}

/// Whether a quote supports its claim, as the evaluator judged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    Stated,
    Implied,
    Contradicted,
    Unverified,
}

/// A verbatim quote with its place. Grounding was checked by the evaluator before it was stored; this service passes it on
/// and never changes it, but that the words go when the call is purged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub call: CallId,
    pub turn: i32,
    pub end_turn: i32,
    pub start_ms: i32,
    pub end_ms: i32,
    pub quote: String,
    pub side: Side,
    pub speaker: String,
    pub speaker_confidence: f64,
    pub support: Support,
    pub method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// When quote and speaker were erased with their call; the place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged_at: Option<DateTime<Utc>>,
}

impl Evidence {
    /// Erases the words; what was erased before stays as it is.
    pub fn erase(&mut self, at: DateTime<Utc>) {
        self.quote = String::new();
        self.speaker = String::new();
        self.purged_at.get_or_insert(at);
    }
}

/// Keeps the first place of a finding, without its words.
pub(super) fn slim(evidence: &mut Vec<Evidence>) {
    evidence.truncate(1);
    evidence.shrink_to_fit();
    for place in evidence {
        place.quote = String::new();
        place.speaker = String::new();
        place.method = String::new();
    }
}
