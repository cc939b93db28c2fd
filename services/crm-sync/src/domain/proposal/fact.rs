//! Facts of a call as the evaluator found them, and which CRM field each goes to.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{association::Side, schema::Policy};

/// Does the quote support the claim?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    Stated,
    Implied,
    Contradicted,
    Unverified,
}

/// Where in a call a fact stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Resource name of the call.
    pub call: String,
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
    pub confidence: Option<f64>,
    /// When quote and speaker were erased with their call; the place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged_at: Option<DateTime<Utc>>,
}

impl Evidence {
    /// Are there words in the call that it points to? They were there where they are erased.
    pub fn is_said(&self) -> bool {
        self.purged_at.is_some() || !self.quote.trim().is_empty()
    }

    /// Erases the words; what was erased before stays as it is.
    pub fn erase(&mut self, at: DateTime<Utc>) {
        self.quote = String::new();
        self.speaker = String::new();
        self.purged_at.get_or_insert(at);
    }
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    NextStep,
    NextStepDate,
    Competitors,
    Budget,
    DecisionDate,
    EconomicBuyer,
    CriticalEvent,
}

impl Slot {
    const ALL: [Self; 7] = [
        Self::NextStep,
        Self::NextStepDate,
        Self::Competitors,
        Self::Budget,
        Self::DecisionDate,
        Self::EconomicBuyer,
        Self::CriticalEvent,
    ];

    /// The id that playbooks use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NextStep => "next_step",
            Self::NextStepDate => "next_step_date",
            Self::Competitors => "competitors",
            Self::Budget => "budget",
            Self::DecisionDate => "decision_date",
            Self::EconomicBuyer => "economic_buyer",
            Self::CriticalEvent => "critical_event",
        }
    }

    /// The slot with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == id)
    }
}

/// What was found, as it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum FactValue {
    Text(String),
    Date(NaiveDate),
    /// The currency is empty when nobody said it.
    Amount {
        units: f64,
        currency: String,
    },
    Names(Vec<String>),
}

/// A fact with what it stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub slot: Slot,
    pub value: FactValue,
    pub evidence: Vec<Evidence>,
}

impl Fact {
    /// Erases what was said; dates, amounts and names of competitors are conclusions and stay.
    pub fn erase(&mut self, at: DateTime<Utc>) {
        if let FactValue::Text(said) = &mut self.value {
            *said = String::new();
        }
        self.evidence.iter_mut().for_each(|evidence| evidence.erase(at));
    }
}

/// Which fact goes to which field, and what a machine may do there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub slot: Slot,
    pub field: String,
    pub policy: Policy,
}
