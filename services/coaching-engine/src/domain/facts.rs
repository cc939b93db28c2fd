//! Facts the evaluator found in the talk, as far as a summary tells them. An unset field was not found.

use chrono::NaiveDate;

use super::evidence::Evidence;

/// Facts of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The agreed next step.
    pub next_step: Option<NextStep>,
    /// Pains a buyer stated.
    pub pains: Vec<Statement>,
    /// How the buyer decides.
    pub decision_process: Vec<Statement>,
    /// When the buyer decides.
    pub decision_date: Option<DateFact>,
    /// Why the date matters.
    pub critical_event: Option<CriticalEvent>,
    /// Money set aside.
    pub budget: Option<Budget>,
    /// Who holds the money.
    pub economic_buyer: Option<Stakeholder>,
    /// People on the buyer's side.
    pub stakeholders: Vec<Stakeholder>,
    /// Objections.
    pub objections: Vec<Objection>,
    /// Competitors.
    pub competitors: Vec<Competitor>,
    /// Questions nobody answered.
    pub open_questions: Vec<Statement>,
}

/// What both sides agreed to do.
#[derive(Clone, Debug, PartialEq)]
pub struct NextStep {
    /// What.
    pub what: String,
    /// Who, empty when not said.
    pub owner: String,
    /// By when, none when the words give no day.
    pub date: Option<NaiveDate>,
    /// The words the date was read from.
    pub date_text: String,
    /// Where.
    pub evidence: Vec<Evidence>,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The sentence that matters.
    pub text: String,
    /// Where.
    pub evidence: Vec<Evidence>,
}

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub struct DateFact {
    /// The day.
    pub date: NaiveDate,
    /// Where.
    pub evidence: Vec<Evidence>,
}

/// A dated reason to act.
#[derive(Clone, Debug, PartialEq)]
pub struct CriticalEvent {
    /// What happens.
    pub what: String,
    /// When, none when the words give no day.
    pub date: Option<NaiveDate>,
    /// Where.
    pub evidence: Vec<Evidence>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// Major units of `currency`.
    pub amount: f64,
    /// ISO 4217, empty when not known.
    pub currency: String,
    /// Where.
    pub evidence: Vec<Evidence>,
}

/// A person on the buyer's side.
#[derive(Clone, Debug, PartialEq)]
pub struct Stakeholder {
    /// Name, empty when only a role was said.
    pub name: String,
    /// Title as said.
    pub title: String,
    /// Role id, for example `economic_buyer`; `unknown` or empty when not known.
    pub role: String,
    /// Was on the call.
    pub present: bool,
    /// Where; empty for those known from the call itself.
    pub evidence: Vec<Evidence>,
}

/// How an objection was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectionHandling {
    /// The rep asked about it first.
    Explored,
    /// The rep answered without asking.
    Answered,
    /// The rep did not take it up.
    Open,
}

/// An objection.
#[derive(Clone, Debug, PartialEq)]
pub struct Objection {
    /// Signal that found it, for example `price_objection`.
    pub kind: String,
    /// The words.
    pub text: String,
    /// What the rep made of it.
    pub handling: ObjectionHandling,
    /// Where.
    pub evidence: Vec<Evidence>,
}

/// A competitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Competitor {
    /// Name as said.
    pub name: String,
    /// Did the rep ask or answer about it?
    pub answered: bool,
    /// Where.
    pub evidence: Vec<Evidence>,
}
