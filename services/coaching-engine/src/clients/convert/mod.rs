//! Evaluations as the evaluator sends them to evaluations as the domain has them. Collects every violation of the contract.

pub mod evidence;
mod facts;
mod reader;

use std::collections::HashSet;

use throughline_proto::common::v1 as common;
use throughline_proto::playbook::v1 as pb;
use throughline_rpc::{Violations, name};

use crate::domain::conduct::{Outcome, Polarity};
use crate::domain::evaluation::{Behavior, BehaviorResult, Evaluation, Rep, Risk, RiskState};
use crate::domain::id::{Id, RepId};
use reader::Reader;

/// Reads an evaluation that must belong to `workspace`.
///
/// # Errors
/// Everything in it that breaks the contract.
pub fn evaluation(workspace: &str, message: pb::Evaluation) -> Result<Evaluation, Violations> {
    let mut reader = Reader::new(workspace);
    let id = reader.id("name", name::EVALUATION, &message.name);
    let call = reader.id("call", name::CALL, &message.call);
    // Only asked for when the call was purged; one that can't be told is taken to be gone with it.
    let transcript = name::TRANSCRIPT.parse(&message.transcript).map(|[.., number]| number).unwrap_or_default();
    let purged_at = message.purge_time.as_ref().and_then(|_| reader.moment("purge_time", message.purge_time.as_ref()));
    let playbook = playbook(&mut reader, &message.revision);
    let call_time = reader.moment("call_time", message.call_time.as_ref());
    let evaluated_at = reader.moment("create_time", message.create_time.as_ref());
    let rep = rep(&mut reader, &message.rep, &message.participants);
    let behaviors = behaviors(&mut reader, message.behaviors);
    let facts = facts::facts(&mut reader, message.facts.unwrap_or_default());
    let risks = reader.each("risks", message.risks, risk);
    let read = (id, call, playbook, call_time, evaluated_at);
    let (Some(id), Some(call), Some(playbook), Some(call_time), Some(evaluated_at)) = read else {
        return Err(reader.into_violations());
    };
    let violations = reader.into_violations();
    if !violations.is_empty() {
        return Err(violations);
    }
    Ok(Evaluation {
        id: Id::new(id),
        call: Id::new(call),
        transcript,
        purged_at,
        playbook: Id::new(playbook),
        call_time,
        evaluated_at,
        rep,
        behaviors,
        facts,
        risks,
    })
}

fn playbook(reader: &mut Reader<'_>, revision: &str) -> Option<String> {
    match name::REVISION.parse(revision) {
        Some([workspace, playbook, _]) if workspace == reader.workspace() => Some(playbook),
        _ => {
            reader.violation("revision", "must be a revision of the same workspace");
            None
        }
    }
}

/// No name means nobody is known to be the rep. The name to show is the participant's, else the id.
fn rep(reader: &mut Reader<'_>, rep: &str, participants: &[common::Participant]) -> Option<Rep> {
    if rep.is_empty() {
        return None;
    }
    let id: RepId = Id::new(reader.id("rep", name::REP, rep)?);
    let is_rep = |person: &&common::Participant| {
        let local = person.email.split('@').next().unwrap_or_default();
        person.side() == common::Side::Rep
            && !person.name.is_empty()
            && [local, person.name.as_str()].iter().any(|text| name::slug(text) == id.as_str())
    };
    let shown = participants.iter().find(is_rep).map_or_else(|| id.to_string(), |person| person.name.clone());
    Some(Rep { id, name: shown })
}

fn behaviors(reader: &mut Reader<'_>, messages: Vec<pb::BehaviorResult>) -> Vec<BehaviorResult> {
    let mut seen = HashSet::new();
    reader.each("behaviors", messages, |reader, message| {
        if !seen.insert(message.id.clone()) {
            reader.violation("id", "is there twice");
        }
        behavior(reader, message)
    })
}

fn behavior(reader: &mut Reader<'_>, message: pb::BehaviorResult) -> Option<BehaviorResult> {
    use pb::behavior_result::Outcome as Wire;
    let outcome = match message.outcome() {
        Wire::Observed => Some(Outcome::Observed),
        Wire::Missed => Some(Outcome::Missed),
        Wire::NotApplicable => Some(Outcome::NotApplicable),
        Wire::Unknown => Some(Outcome::Unknown),
        Wire::Unspecified => None,
    };
    reader.check(outcome.is_some(), "outcome", "is not set or not known to this version");
    reader.check(!message.id.is_empty(), "id", "is required");
    let evidence = reader.evidence(message.evidence);
    let claimed = outcome == Some(Outcome::Observed);
    reader.check(!claimed || !evidence.is_empty(), "evidence", "is required where it was observed");
    let spec = message.spec.unwrap_or_default();
    reader.check(spec.weight.is_finite() && spec.weight > 0.0, "spec.weight", "must be over 0");
    let polarity = match spec.polarity() {
        pb::Polarity::Seek => Some(Polarity::Seek),
        pb::Polarity::Avoid => Some(Polarity::Avoid),
        pb::Polarity::Unspecified => None,
    };
    reader.check(polarity.is_some(), "spec.polarity", "is not set or not known to this version");
    let behavior =
        Behavior { id: Id::new(message.id), description: spec.description, weight: spec.weight, polarity: polarity? };
    Some(BehaviorResult { behavior, outcome: outcome?, evidence })
}

fn risk(reader: &mut Reader<'_>, message: pb::RiskResult) -> Option<Risk> {
    let state = match message.state() {
        pb::RiskState::NotRaised => Some(RiskState::NotRaised),
        pb::RiskState::Open => Some(RiskState::Open),
        pb::RiskState::Answered => Some(RiskState::Answered),
        pb::RiskState::Unspecified => None,
    };
    reader.check(state.is_some(), "state", "is not set or not known to this version");
    let evidence = reader.evidence(message.evidence);
    let title = if message.title.is_empty() { message.id } else { message.title };
    reader.check(!title.is_empty(), "title", "is required");
    Some(Risk { title, state: state?, evidence })
}

#[cfg(test)]
mod tests;
