//! The association of one call over time: a log of versions. A machine may revise a machine; only a person revises a person.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::score::{Candidate, Verdict};

/// How an association came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssociationState {
    /// A machine is confident enough.
    Inferred,
    /// A person said so; with no deal: a person said that it belongs to none.
    Confirmed,
    /// No deal is known well enough.
    None,
}

/// One version of what is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Association {
    /// Id of the call.
    pub call: String,
    /// Id of the deal.
    pub deal: Option<String>,
    pub state: AssociationState,
    /// 0 to 1.
    pub confidence: f64,
    /// Best first.
    pub candidates: Vec<Candidate>,
    /// When the call took place: when it happened.
    pub call_time: DateTime<Utc>,
    /// When it was decided: when we knew.
    pub known_at: DateTime<Utc>,
    /// Who confirmed it; empty for a machine.
    pub decided_by: String,
    /// From 1.
    pub version: i64,
}

/// The next version by a machine's verdict; nothing if a person has spoken or nothing is new.
pub fn revise(
    current: Option<&Association>,
    call: &str,
    call_time: DateTime<Utc>,
    verdict: Verdict,
    now: DateTime<Utc>,
) -> Option<Association> {
    if let Some(current) = current
        && (current.state == AssociationState::Confirmed
            || (current.deal == verdict.deal && current.candidates == verdict.candidates))
    {
        return None;
    }
    let state = if verdict.deal.is_some() { AssociationState::Inferred } else { AssociationState::None };
    Some(Association {
        call: call.to_owned(),
        deal: verdict.deal,
        state,
        confidence: verdict.confidence,
        candidates: verdict.candidates,
        call_time,
        known_at: now,
        decided_by: String::new(),
        version: current.map_or(1, |current| current.version + 1),
    })
}

/// The next version by a person; nothing if the person has said the same before.
pub fn confirm(current: &Association, deal: Option<&str>, subject: &str, now: DateTime<Utc>) -> Option<Association> {
    if current.state == AssociationState::Confirmed && current.deal.as_deref() == deal {
        return None;
    }
    Some(Association {
        deal: deal.map(str::to_owned),
        state: AssociationState::Confirmed,
        confidence: 1.0,
        known_at: now,
        decided_by: subject.to_owned(),
        version: current.version + 1,
        ..current.clone()
    })
}
