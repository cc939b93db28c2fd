//! A playbook: one motion of a strategy, as code.

pub mod detect;
pub mod finding;
pub mod node;
mod parse;
mod parse_detect;
mod parse_leaf;
mod parse_lesson;
mod parse_qualification;
pub mod qualification;
mod reader;

pub use detect::{Detect, DetectNode, Example, LeafOptions, Lesson};
pub use finding::{Finding, Severity};
pub use parse::parse;
pub use qualification::Qualification;

use std::fmt;

/// Largest document, bytes.
pub const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// Id of a playbook or of something inside it: 1 to 63 of `a-z 0-9 _ -`, a letter first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// None where the text is no id.
    pub fn new(text: &str) -> Option<Self> {
        let first = text.chars().next()?;
        let valid = text.len() <= 63
            && first.is_ascii_lowercase()
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-');
        valid.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The five dimensions of a sales strategy that a motion decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Motion {
    pub segmentation: String,
    pub prioritisation: String,
    pub relationship_objective: String,
    pub selling_model: String,
    pub channel: String,
}

/// A condition as written, with its place in the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub text: String,
    pub path: String,
    pub line: u32,
}

/// Until when a behavior must be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Due {
    /// Share of the call, over 0 and at most 1.
    Share(f64),
    Seconds(u32),
}

/// Is a behavior wanted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    Seek,
    /// A rep should not do it: observing it is the bad case.
    Avoid,
}

/// Whose words a detector reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Rep,
    Buyer,
    Either,
}

/// A fact that the answer to a behavior tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elicits {
    EconomicBuyer,
    CriticalEvent,
    DecisionProcess,
}

/// What a rep should do, or must not.
#[derive(Debug, Clone, PartialEq)]
pub struct Behavior {
    pub id: Id,
    pub description: String,
    pub stage: String,
    pub side: Speaker,
    pub due: Option<Due>,
    pub not_applicable: Option<Expression>,
    pub weight: f64,
    pub polarity: Polarity,
    pub critical: bool,
    /// The fact that is looked for in the buyer's answer.
    pub elicits: Option<Elicits>,
    pub detect: DetectNode,
}

/// What facts a signal feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalKind {
    Pain,
    Objection,
    Other,
}

/// What a buyer shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    pub id: Id,
    pub description: String,
    pub side: Speaker,
    pub kind: SignalKind,
    pub detect: DetectNode,
}

/// A named detector that others refer to; not reported by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Concept {
    pub id: Id,
    pub description: String,
    pub side: Speaker,
    pub kind: SignalKind,
    pub detect: DetectNode,
}

/// A topic that the summary of a call must answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Risk {
    pub id: Id,
    pub title: String,
    pub detect: DetectNode,
}

/// What a machine may do with a CRM field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Auto,
    Review,
    Never,
}

/// A fact that can go to a CRM field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldFact {
    NextStep,
    NextStepDate,
    Competitors,
    Budget,
    DecisionDate,
    EconomicBuyer,
    CriticalEvent,
}

impl FieldFact {
    pub const ALL: [(&'static str, FieldFact); 7] = [
        ("next_step", FieldFact::NextStep),
        ("next_step_date", FieldFact::NextStepDate),
        ("competitors", FieldFact::Competitors),
        ("budget", FieldFact::Budget),
        ("decision_date", FieldFact::DecisionDate),
        ("economic_buyer", FieldFact::EconomicBuyer),
        ("critical_event", FieldFact::CriticalEvent),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, fact)| *fact == self).map_or("", |(name, _)| name)
    }
}

/// Which fact goes to which CRM field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMapping {
    pub fact: FieldFact,
    pub field: String,
    pub policy: Policy,
}

/// A whole playbook.
#[derive(Debug, Clone, PartialEq)]
pub struct Playbook {
    pub id: Id,
    pub title: String,
    pub motion: Motion,
    pub segment: Option<Expression>,
    /// First month of the workspace's fiscal year, 1 to 12: what `end of next quarter` means.
    pub fiscal_year_start_month: u32,
    /// Names the sellers know: found wherever a buyer or a rep says them.
    pub competitors: Vec<String>,
    pub concepts: Vec<Concept>,
    pub behaviors: Vec<Behavior>,
    pub signals: Vec<Signal>,
    pub risks: Vec<Risk>,
    pub fields: Vec<FieldMapping>,
    pub qualification: Option<Qualification>,
}
