//! What the evaluator found in a call, as far as deals need it. Every finding carries its evidence; an absent one was not found.

use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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
    /// Names of the buyers who were on the call, or what [`person`] makes of them.
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
        self.erase_texts();
        for behavior in &mut self.behaviors {
            behavior.description = String::new();
        }
        self.findings().for_each(slim);
    }

    /// Erases the words of the call and who was on it; what was concluded stays, and where it was found.
    pub(super) fn erase(&mut self, at: DateTime<Utc>) {
        self.erase_texts();
        self.findings().flatten().for_each(|place| place.erase(at));
    }

    fn erase_texts(&mut self) {
        let Facts { next_step, competitors: _, budget, decision_date, economic_buyer, stakeholders, objections } =
            &mut self.facts;
        if let Some(NextStep { what, owner, due: _, evidence: _ }) = next_step {
            *what = String::new();
            if !owner.is_empty() {
                SOMEBODY.clone_into(owner);
            }
        }
        let budget = budget.iter_mut().map(|budget| &mut budget.text);
        let decision = decision_date.iter_mut().map(|decision| &mut decision.text);
        let said = budget.chain(decision).chain(objections.iter_mut().map(|objection| &mut objection.text));
        said.for_each(|text| *text = String::new());
        for someone in economic_buyer.iter_mut().chain(stakeholders) {
            (someone.name, someone.title) = (String::new(), String::new());
        }
        for buyer in &mut self.buyers {
            *buyer = person(buyer);
        }
    }

    /// The places of everything that was found.
    fn findings(&mut self) -> impl Iterator<Item = &mut Vec<Evidence>> {
        let Facts { next_step, competitors, budget, decision_date, economic_buyer, stakeholders, objections } =
            &mut self.facts;
        let behaviors = self.behaviors.iter_mut().map(|b| &mut b.evidence);
        let signals = self.signals.iter_mut().map(|s| &mut s.evidence);
        let risks = self.risks.iter_mut().map(|r| &mut r.evidence);
        let people = economic_buyer.iter_mut().chain(stakeholders).map(|s| &mut s.evidence);
        behaviors
            .chain(signals)
            .chain(risks)
            .chain(people)
            .chain(next_step.iter_mut().map(|s| &mut s.evidence))
            .chain(competitors.iter_mut().map(|c| &mut c.evidence))
            .chain(budget.iter_mut().map(|b| &mut b.evidence))
            .chain(decision_date.iter_mut().map(|d| &mut d.evidence))
            .chain(objections.iter_mut().map(|o| &mut o.evidence))
    }
}

/// Who took on a next step, once names are gone: that somebody did counts.
const SOMEBODY: &str = "somebody";
/// How the key of a person begins.
const PERSON: &str = "person-";

/// The key of a person on the buyer's side: the same for the same name in every call, and not the name. People are counted by
/// it, so that one whose name went with a purged call is not counted twice.
pub fn person(name: &str) -> String {
    if name.is_empty() || name.starts_with(PERSON) {
        return name.to_owned();
    }
    let digest = HEXLOWER.encode(&Sha256::digest(name.to_lowercase()));
    format!("{PERSON}{}", digest.chars().take(16).collect::<String>())
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

impl NextStep {
    /// What is agreed, for a sentence.
    pub fn said(&self) -> &str {
        if self.what.is_empty() { "what was agreed is erased with its call" } else { &self.what }
    }
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
