//! Facts of a talk, each with the words it was read from. What was not found is absent; nothing is a default.

pub mod amounts;
pub mod commitments;
pub mod competitors;
pub mod cues;
pub mod dates;
pub mod derived;
pub mod economic_buyer;
pub mod money;
pub mod next_step;
pub mod people;
pub mod signs;
pub mod timing;

#[cfg(test)]
mod tests;

use super::call::Side;
use super::evidence::Evidence;
use chrono::NaiveDate;

/// An agreed next step.
#[derive(Debug, Clone, PartialEq)]
pub struct NextStep {
    pub what: String,
    /// A participant's name.
    pub owner: String,
    pub date: Option<NaiveDate>,
    pub date_text: String,
    pub evidence: Vec<Evidence>,
}

/// A competitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Competitor {
    pub name: String,
    pub evidence: Vec<Evidence>,
    /// Did the rep ask or answer about it?
    pub answered: bool,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq)]
pub struct Money {
    pub amount: f64,
    /// Empty when not said and not known.
    pub currency: String,
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// Something that somebody took on.
#[derive(Debug, Clone, PartialEq)]
pub struct Commitment {
    /// The sentence in which it was taken on.
    pub what: String,
    /// A participant's name; empty when not known.
    pub owner: String,
    pub side: Side,
    pub date: Option<NaiveDate>,
    pub date_text: String,
    pub evidence: Vec<Evidence>,
}

/// A date.
#[derive(Debug, Clone, PartialEq)]
pub struct DateFact {
    pub date: NaiveDate,
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// A dated reason to act.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalEvent {
    pub what: String,
    pub date: Option<NaiveDate>,
    pub evidence: Vec<Evidence>,
}

/// What somebody is in the buyer's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    EconomicBuyer,
    Champion,
    Technical,
    Security,
    Legal,
    Procurement,
    User,
    Unknown,
}

impl Role {
    pub const ALL: [(&'static str, Role); 8] = [
        ("economic_buyer", Role::EconomicBuyer),
        ("champion", Role::Champion),
        ("technical", Role::Technical),
        ("security", Role::Security),
        ("legal", Role::Legal),
        ("procurement", Role::Procurement),
        ("user", Role::User),
        ("unknown", Role::Unknown),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, role)| *role == self).map_or("unknown", |(name, _)| name)
    }
}

/// A person on the buyer's side.
#[derive(Debug, Clone, PartialEq)]
pub struct Stakeholder {
    /// Empty when only a role was said.
    pub name: String,
    pub title: String,
    pub role: Role,
    pub present: bool,
    pub evidence: Vec<Evidence>,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// How an objection was handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    Explored,
    Answered,
    Open,
}

/// An objection.
#[derive(Debug, Clone, PartialEq)]
pub struct Objection {
    /// Id of the signal or concept that found it.
    pub kind: String,
    pub text: String,
    pub handling: Handling,
    pub evidence: Vec<Evidence>,
}

/// All facts of a call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    pub next_step: Option<NextStep>,
    pub competitors: Vec<Competitor>,
    pub budget: Option<Money>,
    pub decision_date: Option<DateFact>,
    pub critical_event: Option<CriticalEvent>,
    pub economic_buyer: Option<Stakeholder>,
    pub stakeholders: Vec<Stakeholder>,
    pub pains: Vec<Statement>,
    pub objections: Vec<Objection>,
    pub open_questions: Vec<Statement>,
    pub decision_process: Vec<Statement>,
    pub commitments: Vec<Commitment>,
    pub amounts: Vec<Money>,
}

/// Most commitments, and most amounts, of a call.
const MAX_LISTED: usize = 50;
const MAX_WHAT_CHARS: usize = 240;

/// Words of a call as a fact tells them.
fn shortened(words: &str) -> String {
    words.chars().take(MAX_WHAT_CHARS).collect::<String>().trim().to_owned()
}
