//! What the evaluator found in a call, as far as deals need it. Every finding carries its evidence; an absent one was not found.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, slim};
use super::ids::{EvaluationId, PlaybookId};

/// One evaluation of one call against one playbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedCall {
    pub evaluation: EvaluationId,
    pub playbook: PlaybookId,
    pub playbook_revision: u32,
    pub transcript_revision: u32,
    pub call_time: DateTime<Utc>,
    /// Rep id; empty when no rep is known.
    #[serde(default)]
    pub rep: String,
    /// Segment of the account as the call's creator knew it; empty when not known.
    #[serde(default)]
    pub segment: String,
    /// Own speech of each side, milliseconds; `None` where it was not measured.
    pub rep_speech_ms: Option<i32>,
    pub buyer_speech_ms: Option<i32>,
    /// Names of the buyers who were on the call.
    pub buyers: Vec<String>,
    pub behaviors: Vec<BehaviorOutcome>,
    pub signals: Vec<SignalSeen>,
    pub risks: Vec<RiskTopic>,
    pub facts: Facts,
}

impl EvaluatedCall {
    /// Both sides were heard. `None` where that was not measured.
    pub fn two_way(&self) -> Option<bool> {
        Some(self.rep_speech_ms? > 0 && self.buyer_speech_ms? > 0)
    }

    /// See [`Entry::slim`](super::entry::Entry::slim).
    pub(super) fn slim(&mut self) {
        let Self { behaviors, signals, risks, facts, .. } = self;
        for behavior in behaviors {
            behavior.description = String::new();
            slim(&mut behavior.evidence);
        }
        signals.iter_mut().for_each(|s| slim(&mut s.evidence));
        risks.iter_mut().for_each(|r| slim(&mut r.evidence));
        let Facts { next_step, competitors, budget, decision_date, economic_buyer, stakeholders, objections } = facts;
        next_step.iter_mut().for_each(|s| slim(&mut s.evidence));
        competitors.iter_mut().for_each(|c| slim(&mut c.evidence));
        budget.iter_mut().for_each(|b| slim(&mut b.evidence));
        decision_date.iter_mut().for_each(|d| slim(&mut d.evidence));
        economic_buyer.iter_mut().chain(stakeholders).for_each(|s| slim(&mut s.evidence));
        for objection in objections {
            objection.text = String::new();
            slim(&mut objection.evidence);
        }
    }
}

/// Outcome of a behavior.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Observed,
    Missed,
    NotApplicable,
    Unknown,
}

/// A behavior of the playbook and what the call shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehaviorOutcome {
    pub id: String,
    pub description: String,
    /// Stage it belongs to; empty for any.
    #[serde(default)]
    pub stage: String,
    pub weight: f64,
    pub critical: bool,
    /// It should not be done: observing it is the bad case.
    pub avoid: bool,
    pub outcome: Outcome,
    pub evidence: Vec<Evidence>,
}

/// A signal that the playbook looks for; without evidence when it did not show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalSeen {
    pub id: String,
    pub evidence: Vec<Evidence>,
}

/// Where a risk topic stands after the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskState {
    NotRaised,
    Open,
    Answered,
}

/// A risk topic of the segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskTopic {
    pub id: String,
    pub title: String,
    pub state: RiskState,
    pub evidence: Vec<Evidence>,
}

/// Facts found in the talk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub next_step: Option<NextStep>,
    pub competitors: Vec<Competitor>,
    pub budget: Option<Budget>,
    pub decision_date: Option<DecisionDate>,
    pub economic_buyer: Option<Stakeholder>,
    pub stakeholders: Vec<Stakeholder>,
    pub objections: Vec<Objection>,
}

/// What both sides agreed to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextStep {
    pub what: String,
    /// Empty when nobody took it on.
    pub owner: String,
    pub due: Option<NaiveDate>,
    pub evidence: Vec<Evidence>,
}

/// A competitor that was named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Competitor {
    pub name: String,
    pub answered: bool,
    pub evidence: Vec<Evidence>,
}

/// Money that was spoken of. Kept as said; it is not the deal's amount.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// When the buyer decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionDate {
    pub date: Option<NaiveDate>,
    pub text: String,
    pub evidence: Vec<Evidence>,
}

/// A person on the buyer's side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stakeholder {
    pub name: String,
    pub title: String,
    /// `economic_buyer`, `champion`, `technical`, `security`, `legal`, `procurement`, `user` or `unknown`.
    pub role: String,
    pub present: bool,
    pub evidence: Vec<Evidence>,
}

/// How an objection was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    Explored,
    Answered,
    Open,
}

/// An objection of a buyer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objection {
    /// Id of the signal that found it.
    pub kind: String,
    pub text: String,
    pub handling: Handling,
    pub evidence: Vec<Evidence>,
}
