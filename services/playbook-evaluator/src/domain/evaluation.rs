//! What a call shows, measured against one revision.

use super::evidence::Evidence;
use super::facts::Facts;
use super::statistics::Statistics;

/// What was found of a behavior.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Observed,
    Missed,
    NotApplicable,
    /// A speaker's side is unsure, the audio unintelligible, nothing learned, or a condition asks for what isn't known.
    Unknown,
}

impl Outcome {
    pub const ALL: [(&'static str, Outcome); 4] = [
        ("observed", Outcome::Observed),
        ("missed", Outcome::Missed),
        ("not_applicable", Outcome::NotApplicable),
        ("unknown", Outcome::Unknown),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, outcome)| *outcome == self).map_or("", |(name, _)| name)
    }

    /// None where the text names none.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, outcome)| *outcome)
    }
}

/// Outcome of one behavior.
#[derive(Debug, Clone, PartialEq)]
pub struct BehaviorResult {
    pub id: String,
    pub outcome: Outcome,
    pub evidence: Vec<Evidence>,
    /// Why it is not applicable or unknown.
    pub reason: String,
    /// The turn that comes nearest, where only a classifier's doubt makes it unknown.
    pub doubt: Option<u32>,
}

/// What a buyer showed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalResult {
    pub id: String,
    pub evidence: Vec<Evidence>,
}

/// State of a risk topic after the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskState {
    NotRaised,
    Open,
    Answered,
}

/// A risk topic of the segment.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskResult {
    pub id: String,
    pub title: String,
    pub state: RiskState,
    pub evidence: Vec<Evidence>,
}

/// How far a letter of the qualification is known after the call.
#[derive(Debug, Clone, PartialEq)]
pub struct LetterResult {
    pub id: String,
    /// 0 nothing, 1 mentioned by the rep, 2 stated by the buyer, 3 stated by the buyer with a number, name or date. None
    /// where it can't be known.
    pub score: Option<u32>,
    /// What the score asked for by the stage is; none without a gate at the stage of the deal.
    pub minimum: Option<u32>,
    /// What the score stands on, the firmest first.
    pub evidence: Vec<Evidence>,
    /// Why the score is not known, or may be higher than it is.
    pub reason: String,
}

/// How far the deal is qualified after the call.
#[derive(Debug, Clone, PartialEq)]
pub struct QualificationResult {
    pub framework: String,
    /// In the playbook's order.
    pub letters: Vec<LetterResult>,
    /// The lowest score, which is the deal's; none where it can't be known.
    pub lowest: Option<u32>,
}

/// Everything computed of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The rep who spoke most: the e-mail's local part, else the name. None where no rep is known.
    pub rep: Option<String>,
    pub behaviors: Vec<BehaviorResult>,
    pub signals: Vec<SignalResult>,
    pub facts: Facts,
    pub risks: Vec<RiskResult>,
    pub statistics: Statistics,
    /// None where the playbook has no qualification.
    pub qualification: Option<QualificationResult>,
    pub notes: Vec<String>,
}
