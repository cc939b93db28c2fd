//! The life of one proposal: applied, turned down, undone. Every write compares first; what a person entered is never lost.

use chrono::{DateTime, Utc};

use super::{POLICY, Proposal, ProposalState, Receipt};
use crate::domain::{
    record::{Author, Record, Refusal, Version},
    schema::{self, FieldType, Policy, RecordKind},
    value::Value,
};

/// Did anything happen?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It stood there already: the same answer again.
    Already,
}

/// Why a decision is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The proposal is in a state that does not allow it.
    State(ProposalState),
    /// The playbook says that the field is never written.
    NeverWritten,
    /// The field does not admit it.
    Field(Refusal),
    /// Somebody changed the field after it was applied.
    ChangedSince { applied: Version, current: Version },
}

/// Writes the new value. `subject` is who approved it; nobody: the policy does, and then only where nothing a person entered stands.
pub fn apply(
    proposal: &mut Proposal,
    record: &mut Record,
    subject: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Outcome, Refused> {
    match proposal.state {
        ProposalState::Applied => return Ok(Outcome::Already),
        ProposalState::Pending => {}
        state => return Err(Refused::State(state)),
    }
    if proposal.policy == Policy::Never {
        return Err(Refused::NeverWritten);
    }
    admits(proposal, record).map_err(Refused::Field)?;
    let author = match subject {
        Some(subject) => Author::Person { subject: subject.to_owned() },
        None if proposal.policy != Policy::Auto || !record.may_write_unasked(&proposal.field) => {
            return Err(Refused::State(ProposalState::Pending));
        }
        None => Author::Machine { proposal: proposal.id.clone(), spoken_at: proposal.spoken_at },
    };
    let replaced = record.cells.get(&proposal.field).cloned();
    let value = Some(proposal.new_value.clone());
    record.write([(proposal.field.clone(), value.clone())], &author, now);
    proposal.receipts.push(Receipt {
        old_value: replaced.as_ref().and_then(|cell| cell.value.clone()),
        new_value: value,
        field_version: record.field_version(&proposal.field),
        decided_by: subject.unwrap_or(POLICY).to_owned(),
        time: now,
        replaced,
    });
    proposal.state = ProposalState::Applied;
    proposal.reason.clear();
    Ok(Outcome::Done)
}

/// Does the field still stand as it was seen, and has nobody said anything later?
pub(super) fn admits(proposal: &Proposal, record: &Record) -> Result<(), Refusal> {
    match record.admits(&proposal.field, proposal.seen_version, proposal.spoken_at) {
        // A list only grows: an earlier call's names join a later call's.
        Err(Refusal::LaterEvidence { .. }) if is_list(&proposal.field) => {
            let current = record.field_version(&proposal.field);
            if current == proposal.seen_version {
                Ok(())
            } else {
                Err(Refusal::Changed { seen: proposal.seen_version, current })
            }
        }
        other => other,
    }
}

pub(super) fn is_list(field: &str) -> bool {
    schema::find(RecordKind::Deal, field).is_some_and(|field| field.ty == FieldType::List)
}

/// Turns a pending proposal down.
pub fn reject(proposal: &mut Proposal, reason: &str) -> Result<Outcome, Refused> {
    match proposal.state {
        ProposalState::Rejected => Ok(Outcome::Already),
        ProposalState::Pending => {
            proposal.state = ProposalState::Rejected;
            proposal.reason = reason.to_owned();
            Ok(Outcome::Done)
        }
        state => Err(Refused::State(state)),
    }
}

/// Takes an applied proposal back: the field is as it was, whoever had set it, unless somebody changed it since.
pub fn undo(
    proposal: &mut Proposal,
    record: &mut Record,
    subject: &str,
    now: DateTime<Utc>,
) -> Result<Outcome, Refused> {
    match proposal.state {
        ProposalState::Undone => return Ok(Outcome::Already),
        ProposalState::Applied => {}
        state => return Err(Refused::State(state)),
    }
    let Some(receipt) = proposal.receipts.last().cloned() else {
        return Err(Refused::State(proposal.state));
    };
    let current = record.field_version(&proposal.field);
    if current != receipt.field_version {
        return Err(Refused::ChangedSince { applied: receipt.field_version, current });
    }
    let restored: Option<Value> = receipt.replaced.as_ref().and_then(|cell| cell.value.clone());
    let imported = record.cells.get(&proposal.field).and_then(|cell| cell.imported.clone());
    record.write([(proposal.field.clone(), restored.clone())], &Author::Person { subject: subject.to_owned() }, now);
    if let (Some(cell), Some(before)) = (record.cells.get_mut(&proposal.field), &receipt.replaced) {
        // The value is again what its first author set, and when: the undo claims none of it.
        cell.author = before.author.clone();
        cell.set_at = before.set_at;
        cell.imported = imported;
    }
    proposal.receipts.push(Receipt {
        old_value: receipt.new_value,
        new_value: restored,
        field_version: record.field_version(&proposal.field),
        decided_by: subject.to_owned(),
        time: now,
        replaced: None,
    });
    proposal.state = ProposalState::Undone;
    Ok(Outcome::Done)
}

/// Why a proposal is stale whose value went with its call.
const WORDS_PURGED: &str = "its words were erased with their call";

/// Erases the words of a purged call, by resource name and id: quotes everywhere; values that were said where they do not
/// stand in the CRM, so that they can't be written any more. What was written is the person's. Returns whether anything was.
pub fn erase(proposal: &mut Proposal, (name, id): (&str, &str), at: DateTime<Utc>) -> bool {
    let mut erased = false;
    for evidence in
        proposal.evidence.iter_mut().filter(|evidence| evidence.call == name && evidence.purged_at.is_none())
    {
        evidence.erase(at);
        erased = true;
    }
    if proposal.call == id && proposal.state != ProposalState::Applied {
        erased |= erase_value(proposal);
    }
    erased
}

fn erase_value(proposal: &mut Proposal) -> bool {
    let said = match &mut proposal.new_value {
        Value::Text(said) if !said.is_empty() => Value::Text(std::mem::take(said)),
        _ => return false,
    };
    // Of one that was taken back, the receipts tell what had been written.
    for value in proposal.receipts.iter_mut().flat_map(|receipt| [&mut receipt.old_value, &mut receipt.new_value]) {
        if value.as_ref() == Some(&said) {
            *value = Some(Value::Text(String::new()));
        }
    }
    if proposal.state == ProposalState::Pending {
        proposal.state = ProposalState::Stale;
        WORDS_PURGED.clone_into(&mut proposal.reason);
    }
    true
}
