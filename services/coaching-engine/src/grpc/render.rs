//! Domain types to the proto.

use throughline_proto::coaching::v1 as pb;
use throughline_rpc::{name, timestamp};

use crate::clients::convert::evidence;
use crate::domain::nudge::{Advice, Nudge};
use crate::domain::outcome::NudgeOutcome;
use crate::domain::profile::{BehaviorAdoption, Profile};
use crate::domain::summary::{Line, Section};
use crate::store::row::Summary;

/// A summary.
pub fn summary(workspace: &str, summary: &Summary) -> pb::Summary {
    let Summary { call, evaluation, evaluated_at: _, rep, lines, created_at, purged_at } = summary;
    pb::Summary {
        name: name::SUMMARY.format([workspace, call.as_str()]),
        call: name::CALL.format([workspace, call.as_str()]),
        evaluation: name::EVALUATION.format([workspace, evaluation.as_str()]),
        rep: rep.as_ref().map(|rep| name::REP.format([workspace, rep.as_str()])).unwrap_or_default(),
        lines: lines.iter().map(|line| summary_line(workspace, line)).collect(),
        create_time: Some(timestamp(*created_at)),
        purge_time: purged_at.map(timestamp),
    }
}

fn summary_line(workspace: &str, line: &Line) -> pb::SummaryLine {
    pb::SummaryLine {
        section: section(line.section).into(),
        text: line.text.clone(),
        evidence: line.evidence.iter().map(|e| evidence::render(workspace, e)).collect(),
    }
}

fn section(section: Section) -> pb::SummarySection {
    match section {
        Section::NextSteps => pb::SummarySection::NextSteps,
        Section::Pains => pb::SummarySection::Pains,
        Section::DecisionProcess => pb::SummarySection::DecisionProcess,
        Section::Stakeholders => pb::SummarySection::Stakeholders,
        Section::Risks => pb::SummarySection::Risks,
        Section::Objections => pb::SummarySection::Objections,
        Section::Competitors => pb::SummarySection::Competitors,
        Section::OpenQuestions => pb::SummarySection::OpenQuestions,
    }
}

/// A nudge.
pub fn nudge(workspace: &str, nudge: &Nudge) -> pb::Nudge {
    let Nudge { id, rep, call, call_time: _, advice, outcome, given_at } = nudge;
    let Advice { behavior, text, expected_gain, adoption, applies_probability, example } = advice;
    let (outcome, outcome_call) = match outcome {
        NudgeOutcome::Pending => (pb::NudgeOutcome::Pending, String::new()),
        NudgeOutcome::Decided { shown, by, at: _ } => {
            let outcome = if *shown { pb::NudgeOutcome::Shown } else { pb::NudgeOutcome::NotShown };
            (outcome, name::CALL.format([workspace, by.as_str()]))
        }
    };
    pb::Nudge {
        name: name::NUDGE.format([workspace, id.as_str()]),
        rep: name::REP.format([workspace, rep.as_str()]),
        call: name::CALL.format([workspace, call.as_str()]),
        behavior: behavior.to_string(),
        text: text.clone(),
        expected_gain: *expected_gain,
        adoption: *adoption,
        applies_probability: *applies_probability,
        outcome: outcome.into(),
        outcome_call,
        create_time: Some(timestamp(*given_at)),
        example: example.iter().map(|e| evidence::render(workspace, e)).collect(),
    }
}

/// A profile.
pub fn profile(workspace: &str, profile: &Profile) -> pb::RepProfile {
    let Profile { rep, calls, adoption, strongest, weakest, execution_gap, team_execution_gap } = profile;
    pb::RepProfile {
        name: name::REP.format([workspace, rep.id.as_str()]),
        display_name: rep.name.clone(),
        calls: count(*calls),
        adoption: adoption.iter().map(|one| behavior_adoption(workspace, one)).collect(),
        strongest: strongest.iter().map(ToString::to_string).collect(),
        weakest: weakest.iter().map(ToString::to_string).collect(),
        execution_gap: *execution_gap,
        team_execution_gap: *team_execution_gap,
    }
}

fn behavior_adoption(workspace: &str, one: &BehaviorAdoption) -> pb::Adoption {
    let BehaviorAdoption { behavior, adoption, moments } = one;
    let (lower, upper) = adoption.posterior.interval();
    pb::Adoption {
        behavior: behavior.to_string(),
        applicable: count(adoption.tally.applicable()),
        observed: count(adoption.tally.shown()),
        mean: adoption.mean(),
        lower,
        upper,
        prior_a: adoption.prior.a(),
        prior_b: adoption.prior.b(),
        moments: moments.iter().map(|e| evidence::render(workspace, e)).collect(),
    }
}

fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
