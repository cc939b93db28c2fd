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
    /// A speaker's side is unsure, the audio unintelligible, or a condition asks for what isn't known.
    Unknown,
}

/// Outcome of one behavior.
#[derive(Debug, Clone, PartialEq)]
pub struct BehaviorResult {
    pub id: String,
    pub outcome: Outcome,
    pub evidence: Vec<Evidence>,
    /// Why it is not applicable or unknown.
    pub reason: String,
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
    pub notes: Vec<String>,
}
