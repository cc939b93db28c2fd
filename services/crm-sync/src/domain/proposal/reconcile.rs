//! What new drafts mean for the proposals that exist: the same finding is one proposal, a later call speaks over an earlier one, and what
//! a later evaluation of the call no longer finds is stale.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{
    Outcome, Proposal, ProposalState,
    draft::{Draft, extend_list},
    life::{admits, apply, is_list},
};
use crate::domain::{
    record::{Record, Refusal},
    schema::Policy,
    value::Value,
};

/// Where drafts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub workspace: String,
    pub deal: String,
    pub call: String,
    pub playbook: String,
    pub evaluation: String,
}

/// What is to be stored.
#[derive(Debug, Default)]
pub struct Reconciled {
    /// New and changed proposals.
    pub proposals: Vec<Proposal>,
    /// Was the record written to?
    pub applied: bool,
}

/// Compares drafts with `existing`, all proposals on the deal, and applies what the policy lets apply.
pub fn reconcile(
    origin: &Origin,
    drafts: Vec<Draft>,
    existing: Vec<Proposal>,
    record: &mut Record,
    now: DateTime<Utc>,
) -> Reconciled {
    let mut board = Board { proposals: existing.into_iter().map(|proposal| (proposal, false)).collect() };
    let mut applied = false;
    let mut kept = Vec::new();
    for draft in drafts {
        let Some(at) = board.place(origin, draft, record, now) else { continue };
        kept.push(board.proposals[at].0.id.clone());
        applied |= board.settle(at, record, now);
    }
    board.drop_unfound(origin, &kept);
    Reconciled {
        proposals: board.proposals.into_iter().filter(|(_, changed)| *changed).map(|(proposal, _)| proposal).collect(),
        applied,
    }
}

/// The proposals on a deal, each with whether it is to be stored.
struct Board {
    proposals: Vec<(Proposal, bool)>,
}

impl Board {
    /// Finds or makes the proposal of a draft; nothing when the field says so already.
    fn place(&mut self, origin: &Origin, mut draft: Draft, record: &Record, now: DateTime<Utc>) -> Option<usize> {
        if draft.additive {
            self.gather(&mut draft);
        }
        let id = proposal_id(origin, draft.field, &draft.value);
        if let Some(at) = self.proposals.iter().position(|(known, _)| known.id == id) {
            let (known, changed) = &mut self.proposals[at];
            if known.state == ProposalState::Stale && record.value(draft.field) != Some(&draft.value) {
                // Found again: it counts from what stands there now.
                known.state = ProposalState::Pending;
                known.reason = draft.reason;
                known.old_value = record.value(draft.field).cloned();
                known.seen_version = record.field_version(draft.field);
                known.evaluation.clone_from(&origin.evaluation);
                // They may have been erased with an earlier recording of the call.
                known.new_value = draft.value;
                known.evidence = draft.evidence;
                *changed = true;
            }
            return Some(at);
        }
        if record.value(draft.field) == Some(&draft.value) {
            return None;
        }
        let proposal = Proposal {
            id,
            deal: origin.deal.clone(),
            call: origin.call.clone(),
            playbook: origin.playbook.clone(),
            evaluation: origin.evaluation.clone(),
            field: draft.field.to_owned(),
            old_value: record.value(draft.field).cloned(),
            seen_version: record.field_version(draft.field),
            new_value: draft.value,
            evidence: draft.evidence,
            confidence: draft.confidence,
            policy: draft.policy,
            state: ProposalState::Pending,
            reason: draft.reason,
            receipts: Vec::new(),
            spoken_at: draft.spoken_at,
            created_at: now,
        };
        self.proposals.push((proposal, true));
        Some(self.proposals.len() - 1)
    }

    /// Adds the names that wait for a person already, so that approving the newest loses none of them.
    fn gather(&mut self, draft: &mut Draft) {
        let Value::List(list) = &mut draft.value else { return };
        for (waiting, _) in
            self.proposals.iter().filter(|(p, _)| p.state == ProposalState::Pending && p.field == draft.field)
        {
            if let Value::List(names) = &waiting.new_value {
                let before = list.len();
                extend_list(list, names);
                if list.len() > before {
                    draft.evidence.extend(waiting.evidence.iter().cloned());
                }
            }
        }
    }

    /// Decides what a pending proposal may do now, and what becomes of its rivals. Returns whether the record was written to.
    fn settle(&mut self, at: usize, record: &mut Record, now: DateTime<Utc>) -> bool {
        if self.proposals[at].0.state != ProposalState::Pending {
            return false;
        }
        if let Err(refusal) = admits(&self.proposals[at].0, record) {
            self.mark_stale(at, &explain(&refusal));
            return false;
        }
        let (spoken_at, field, id) = {
            let proposal = &self.proposals[at].0;
            (proposal.spoken_at, proposal.field.clone(), proposal.id.clone())
        };
        let rivals: Vec<usize> =
            (0..self.proposals.len()).filter(|i| *i != at && self.is_waiting(*i, &field)).collect();
        if !is_list(&field) && rivals.iter().any(|i| self.proposals[*i].0.spoken_at > spoken_at) {
            self.mark_stale(at, "a later call says otherwise");
            return false;
        }
        for rival in rivals {
            self.mark_stale(rival, &format!("proposal {id} took its place"));
        }
        let (proposal, changed) = &mut self.proposals[at];
        if proposal.policy == Policy::Auto && !record.may_write_unasked(&field) {
            let waits = "waits for a person: no machine set what stands there";
            *changed |= proposal.reason != waits;
            proposal.reason = waits.to_owned();
        }
        let written = matches!(apply(proposal, record, None, now), Ok(Outcome::Done));
        *changed |= written;
        written
    }

    fn is_waiting(&self, at: usize, field: &str) -> bool {
        let proposal = &self.proposals[at].0;
        proposal.state == ProposalState::Pending && proposal.field == field
    }

    fn mark_stale(&mut self, at: usize, reason: &str) {
        let (proposal, changed) = &mut self.proposals[at];
        proposal.state = ProposalState::Stale;
        proposal.reason = reason.to_owned();
        *changed = true;
    }

    /// What this call's earlier evaluation by the same playbook proposed and this one does not.
    fn drop_unfound(&mut self, origin: &Origin, kept: &[String]) {
        for at in 0..self.proposals.len() {
            let proposal = &self.proposals[at].0;
            let ours = proposal.call == origin.call
                && proposal.playbook == origin.playbook
                && proposal.state == ProposalState::Pending;
            if ours && !kept.contains(&proposal.id) {
                self.mark_stale(at, "the latest evaluation of the call does not find it");
            }
        }
    }
}

/// Marks what waited for a field that somebody else has changed. `except` is the proposal that changed it.
pub fn stale_for_field(proposals: &mut [Proposal], field: &str, except: &str) -> Vec<Proposal> {
    let waiting = |p: &&mut Proposal| p.field == field && p.id != except && p.state == ProposalState::Pending;
    proposals
        .iter_mut()
        .filter(waiting)
        .map(|proposal| {
            proposal.state = ProposalState::Stale;
            proposal.reason = "the field changed after it was seen".to_owned();
            proposal.clone()
        })
        .collect()
}

fn explain(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Changed { .. } => "the field changed after it was seen".to_owned(),
        Refusal::PersonAfterEvidence { set_at } => {
            format!("a person set the field at {}, after this was said", set_at.format("%Y-%m-%d %H:%M"))
        }
        Refusal::LaterEvidence { .. } => "a later call says otherwise".to_owned(),
    }
}

fn proposal_id(origin: &Origin, field: &str, value: &Value) -> String {
    let mut hash = Sha256::new();
    for part in [origin.workspace.as_str(), &origin.call, &origin.deal, field, &value.to_string()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()).chars().take(32).collect()
}
