//! An entry of the deal log: one fact, when it happened and when it was known. Entries are appended and
//! never changed, but that words go with calls that are purged.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::evaluated::EvaluatedCall;
use super::evidence::Evidence;
use super::ids::{CallId, DealId, ProposalId};
use super::money::{Currency, Micros};
use super::stage::{Stage, Status};

/// Who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Crm,
    Evaluator,
}

impl Source {
    /// As rows name it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Evaluator => "evaluator",
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        [Self::Crm, Self::Evaluator].into_iter().find(|source| source.id() == id)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub source: Source,
    /// What the source calls the fact, unique for it: the same fact told twice is one entry.
    pub key: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When it stood in a system of record of the workspace.
    pub known_at: DateTime<Utc>,
    pub fact: Fact,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// The CRM shows the deal like this.
    RecordObserved { deal: DealId, record: Box<DealRecord> },
    /// The deal entered a stage.
    StageChanged { deal: DealId, to: Stage, status: Status },
    /// The call belongs to this deal, and to no other from now on.
    CallAssociated { call: CallId, deal: DealId },
    /// The call belongs to no deal that is known well enough.
    CallDissociated { call: CallId },
    /// A call was evaluated.
    CallEvaluated { call: CallId, evaluation: Box<EvaluatedCall> },
    /// A machine's proposal was written into the CRM, or taken back there.
    ProposalApplied { deal: DealId, proposal: Box<AppliedProposal> },
}

impl Fact {
    /// The deal it is about, where it names one.
    pub fn deal(&self) -> Option<&DealId> {
        match self {
            Self::RecordObserved { deal, .. }
            | Self::StageChanged { deal, .. }
            | Self::CallAssociated { deal, .. }
            | Self::ProposalApplied { deal, .. } => Some(deal),
            Self::CallDissociated { .. } | Self::CallEvaluated { .. } => None,
        }
    }

    /// The call it is about, where it names one.
    pub fn call(&self) -> Option<&CallId> {
        match self {
            Self::CallAssociated { call, .. } | Self::CallDissociated { call } | Self::CallEvaluated { call, .. } => {
                Some(call)
            }
            Self::RecordObserved { .. } | Self::StageChanged { .. } | Self::ProposalApplied { .. } => None,
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::RecordObserved { .. } => Kind::RecordObserved,
            Self::StageChanged { .. } => Kind::StageChanged,
            Self::CallAssociated { .. } => Kind::CallAssociated,
            Self::CallDissociated { .. } => Kind::CallDissociated,
            Self::CallEvaluated { .. } => Kind::CallEvaluated,
            Self::ProposalApplied { .. } => Kind::ProposalApplied,
        }
    }
}

/// Kind of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    RecordObserved,
    StageChanged,
    CallAssociated,
    CallDissociated,
    CallEvaluated,
    ProposalApplied,
}

impl Kind {
    /// As rows and the API name it.
    pub fn id(self) -> &'static str {
        match self {
            Self::RecordObserved => "record",
            Self::StageChanged => "stage",
            Self::CallAssociated => "call_associated",
            Self::CallDissociated => "call_dissociated",
            Self::CallEvaluated => "call_evaluated",
            Self::ProposalApplied => "proposal",
        }
    }
}

/// A deal as the CRM shows it at a moment. What people left empty is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DealRecord {
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// Segment of the account; empty when not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub segment: String,
    /// Rep id of the owner; empty when not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    pub status: Status,
    /// `None` when people left it empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Micros>,
    pub currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// Forecast category that people chose, as the CRM names it: `commit`, `best_case`, `pipeline`, …; empty when not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Version of the record in crm-sync.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// A proposal that was written into the CRM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedProposal {
    pub proposal: ProposalId,
    pub field: String,
    pub old_value: String,
    pub new_value: String,
    /// It was applied before, and this takes it back.
    pub undone: bool,
    pub decided_by: String,
    pub evidence: Vec<Evidence>,
}

impl Entry {
    /// The order in which a fold reads entries. It is total over distinct entries, so the order in which sources delivered them can't
    /// matter: when it happened, when it was known, who said it, what they call it.
    pub fn order(&self) -> (DateTime<Utc>, DateTime<Utc>, Source, &str) {
        (self.occurred_at, self.known_at, self.source, &self.key)
    }
}

impl Entry {
    /// The entry without what only people read: quotes and descriptions go, and of each finding's evidence one place stays, so that what
    /// was found still counts as found. Statistics over a whole workspace are kept in memory in this form.
    #[must_use]
    pub fn slim(mut self) -> Self {
        match &mut self.fact {
            Fact::CallEvaluated { evaluation, .. } => evaluation.slim(),
            Fact::ProposalApplied { proposal, .. } => super::evidence::slim(&mut proposal.evidence),
            Fact::RecordObserved { .. }
            | Fact::StageChanged { .. }
            | Fact::CallAssociated { .. }
            | Fact::CallDissociated { .. } => {}
        }
        self
    }

    /// The calls that it has words of.
    pub fn quoted(&self) -> Vec<CallId> {
        match &self.fact {
            Fact::CallEvaluated { call, .. } => vec![call.clone()],
            Fact::ProposalApplied { proposal, .. } => {
                proposal.evidence.iter().map(|place| place.call.clone()).collect()
            }
            Fact::RecordObserved { .. }
            | Fact::StageChanged { .. }
            | Fact::CallAssociated { .. }
            | Fact::CallDissociated { .. } => Vec::new(),
        }
    }

    /// Erases the words of a call whose transcripts up to a revision are gone. Of a proposal's evidence nothing says which
    /// transcript it is of: it goes in any case. Returns whether there was anything to erase.
    pub fn erase(&mut self, of: &CallId, last_transcript: i32, at: DateTime<Utc>) -> bool {
        match &mut self.fact {
            Fact::CallEvaluated { call, evaluation } if call == of => {
                let gone = i64::from(evaluation.transcript_revision) <= i64::from(last_transcript);
                if gone {
                    evaluation.erase(at);
                }
                gone
            }
            Fact::ProposalApplied { proposal, .. } => {
                let mut of_call = proposal.evidence.iter_mut().filter(|place| place.call == *of).peekable();
                let quoted = of_call.peek().is_some();
                of_call.for_each(|place| place.erase(at));
                quoted
            }
            _ => false,
        }
    }
}
