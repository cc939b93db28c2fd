//! What machines propose to write: made from facts by a playbook's mappings, decided by people, undone if nobody has changed it since.

mod draft;
mod fact;
mod life;
mod reconcile;
#[cfg(test)]
mod sequence_tests;
#[cfg(test)]
mod tests;

pub use draft::{Draft, Drafts, Settings, draft};
pub use fact::{Evidence, Fact, FactValue, Mapping, Slot, Support};
pub use life::{Outcome, Refused, apply, erase, reject, undo};
pub use reconcile::{Origin, Reconciled, reconcile, stale_for_field};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    record::{Cell, Version},
    schema::Policy,
    value::Value,
};

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    Pending,
    Applied,
    Rejected,
    Stale,
    Undone,
}

impl ProposalState {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Stale => "stale",
            Self::Undone => "undone",
        }
    }
}

/// What was written, by whose decision; enough to take it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Value before.
    pub old_value: Option<Value>,
    /// Value after.
    pub new_value: Option<Value>,
    /// Version of the field after.
    pub field_version: Version,
    /// A token's subject, or [`POLICY`].
    pub decided_by: String,
    pub time: DateTime<Utc>,
    /// The whole field before, for undo.
    pub replaced: Option<Cell>,
}

/// Who decides when a policy is AUTO.
pub const POLICY: &str = "policy";

/// A change of one field that a machine proposes.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Made of call, deal, field and value: the same finding twice is one proposal.
    pub id: String,
    pub deal: String,
    pub call: String,
    /// The playbook whose mapping asked for it.
    pub playbook: String,
    /// The evaluation it was found in.
    pub evaluation: String,
    pub field: String,
    /// Value and version of the field when it was made.
    pub old_value: Option<Value>,
    pub seen_version: Version,
    pub new_value: Value,
    pub evidence: Vec<Evidence>,
    /// The detectors' calibrated probability; nothing where a rule found it.
    pub confidence: Option<f64>,
    pub policy: Policy,
    pub state: ProposalState,
    /// Why it is stale, turned down or not applied without asking.
    pub reason: String,
    /// Newest last.
    pub receipts: Vec<Receipt>,
    /// When the last words of the evidence were spoken.
    pub spoken_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}
