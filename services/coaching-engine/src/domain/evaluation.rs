//! What coaching needs of an evaluation: the outcome of every behavior with the behavior as the revision has it, the facts
//! and the risks of the segment. Which words led there is the evaluator's business alone.

use chrono::{DateTime, Utc};

use super::conduct::{Conduct, Outcome, Polarity};
use super::evidence::Evidence;
use super::facts::Facts;
use super::id::{BehaviorId, CallId, EvaluationId, PlaybookId, RepId};

/// A call measured against one revision of a playbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Its id.
    pub id: EvaluationId,
    /// The call.
    pub call: CallId,
    /// Revision of the transcript, as its name has it.
    pub transcript: String,
    /// When the words of the call were erased with it; none while they are there.
    pub purged_at: Option<DateTime<Utc>>,
    /// The playbook whose revision it was.
    pub playbook: PlaybookId,
    /// When the call took place.
    pub call_time: DateTime<Utc>,
    /// When the evaluation was computed: of two of the same call and playbook the later one counts.
    pub evaluated_at: DateTime<Utc>,
    /// The rep, none when nobody on the call is known to be one.
    pub rep: Option<Rep>,
    /// Every behavior of the revision, in its order.
    pub behaviors: Vec<BehaviorResult>,
    /// Facts of the talk.
    pub facts: Facts,
    /// Risks of the segment, in the revision's order.
    pub risks: Vec<Risk>,
}

impl Evaluation {
    /// As it is kept once its call is purged: without the words that outcomes stand on. Those of facts and risks go from the
    /// summary that is made of them.
    #[must_use]
    pub fn erased(mut self, at: DateTime<Utc>) -> Self {
        let at = *self.purged_at.get_or_insert(at);
        self.behaviors.iter_mut().flat_map(|result| &mut result.evidence).for_each(|evidence| evidence.erase(at));
        self
    }
}

/// A seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rep {
    /// Id.
    pub id: RepId,
    /// Name as shown on the call.
    pub name: String,
}

/// A behavior as the playbook has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// Id.
    pub id: BehaviorId,
    /// What it means, in a sentence.
    pub description: String,
    /// Over 0.
    pub weight: f64,
    /// Wanted or not.
    pub polarity: Polarity,
}

/// What a call shows of one behavior.
#[derive(Clone, Debug, PartialEq)]
pub struct BehaviorResult {
    /// The behavior.
    pub behavior: Behavior,
    /// What was found.
    pub outcome: Outcome,
    /// Where; empty unless it was observed.
    pub evidence: Vec<Evidence>,
}

impl BehaviorResult {
    /// What it says about the rep.
    pub fn conduct(&self) -> Conduct {
        Conduct::of(self.outcome, self.behavior.polarity)
    }
}

/// A topic of the segment that a summary must answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub state: RiskState,
    /// Where it was raised and answered.
    pub evidence: Vec<Evidence>,
}

/// Where a risk stands after the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskState {
    /// Nobody raised it.
    NotRaised,
    /// Raised, not answered in substance.
    Open,
    /// Raised and answered.
    Answered,
}
