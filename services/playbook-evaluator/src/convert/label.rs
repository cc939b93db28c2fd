//! Labels, and what is labelled or explained.

use throughline_proto::playbook::v1 as pb;
use throughline_proto::playbook::v1::behavior_result::Outcome as PbOutcome;
use throughline_proto::playbook::v1::{explain_evaluation_request, label_evaluation_request};
use throughline_rpc::{Error, name, timestamp};

use super::evaluation::{outcome, outcome_in};
use crate::domain::evaluation::Outcome;
use crate::domain::target::Target;
use crate::store::labels;

impl From<label_evaluation_request::Target> for Target {
    fn from(target: label_evaluation_request::Target) -> Self {
        match target {
            label_evaluation_request::Target::Behavior(id) => Target::Behavior(id),
            label_evaluation_request::Target::Signal(id) => Target::Signal(id),
        }
    }
}

impl From<explain_evaluation_request::Target> for Target {
    fn from(target: explain_evaluation_request::Target) -> Self {
        match target {
            explain_evaluation_request::Target::Behavior(id) => Target::Behavior(id),
            explain_evaluation_request::Target::Signal(id) => Target::Signal(id),
        }
    }
}

/// The target of an explanation.
pub fn explained_target(target: &Target) -> pb::explanation::Target {
    match target {
        Target::Behavior(id) => pb::explanation::Target::Behavior(id.clone()),
        Target::Signal(id) => pb::explanation::Target::Signal(id.clone()),
    }
}

/// What an evaluation says of a target; none where it does not speak of it.
pub fn outcome_of(evaluation: &pb::Evaluation, target: &Target) -> Option<Outcome> {
    match target {
        Target::Behavior(id) => evaluation.behaviors.iter().find(|b| b.id == *id).and_then(|b| outcome_in(b.outcome())),
        Target::Signal(id) => evaluation
            .signals
            .iter()
            .find(|s| s.id == *id)
            .map(|s| if s.evidence.is_empty() { Outcome::Missed } else { Outcome::Observed }),
    }
}

/// A label.
///
/// # Errors
/// INTERNAL where the row does not hold a label.
pub fn label(row: labels::Row) -> Result<pb::Label, Error> {
    let unreadable = || Error::internal(format!("label {} can't be read", row.id));
    let target = match Target::of(&row.kind, &row.target).ok_or_else(unreadable)? {
        Target::Behavior(id) => pb::label::Target::Behavior(id),
        Target::Signal(id) => pb::label::Target::Signal(id),
    };
    let turns = labels::turns(&row).map_err(Error::internal)?;
    let told = |text: &str| Outcome::of(text).map(outcome).ok_or_else(unreadable);
    Ok(pb::Label {
        name: name::LABEL.format([&row.workspace, &row.id]),
        evaluation: name::EVALUATION.format([&row.workspace, &row.evaluation]),
        call: name::CALL.format([&row.workspace, &row.call]),
        transcript: name::TRANSCRIPT.format([&row.workspace, &row.call, &row.transcript]),
        outcome: told(&row.outcome)?.into(),
        previous_outcome: told(&row.previous)?.into(),
        turns: turns.into_iter().map(super::evaluation::signed).collect(),
        target: Some(target),
        note: row.note,
        author: row.author,
        create_time: Some(timestamp(row.created_at)),
        counts: row.counts,
        delete_time: row.deleted_at.map(timestamp),
        deleted_by: row.deleted_by,
    })
}

/// The outcome of a request; none where it gives none that is known.
pub fn requested_outcome(outcome: i32) -> Option<Outcome> {
    PbOutcome::try_from(outcome).ok().and_then(outcome_in)
}
