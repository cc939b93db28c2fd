//! Critical behaviors of the playbooks: done in any call of the deal, or due and never done.

use std::collections::BTreeMap;

use super::{Finding, Score};
use crate::domain::evaluated::{BehaviorOutcome, Outcome};
use crate::domain::ids::CallId;
use crate::domain::stage::{Phase, Stage};
use crate::domain::view::DealView;

/// What all calls of the deal show of one behavior.
#[derive(Default)]
struct Record<'a> {
    /// As the latest evaluation has it.
    spec: Option<&'a BehaviorOutcome>,
    observed: Vec<(&'a CallId, &'a BehaviorOutcome)>,
    missed: Vec<&'a CallId>,
}

pub fn score<'a>(deal: &DealView<'a>) -> Score<'a> {
    if deal.calls.is_empty() {
        return Score::unknown("no evaluated call belongs to the deal");
    }
    let mut records: BTreeMap<(&str, &str), Record<'a>> = BTreeMap::new();
    for call in &deal.calls {
        for evaluation in &call.evaluations {
            for behavior in evaluation.behaviors.iter().filter(|b| b.critical && b.weight > 0.0) {
                let record = records.entry((&evaluation.playbook.0, &behavior.id)).or_default();
                record.spec = Some(behavior);
                match behavior.outcome {
                    Outcome::Observed => record.observed.push((call.call, behavior)),
                    Outcome::Missed => record.missed.push(call.call),
                    Outcome::NotApplicable | Outcome::Unknown => {}
                }
            }
        }
    }
    let (mut done, mut due) = (0.0, 0.0);
    let mut findings = Vec::new();
    for record in records.into_values() {
        let Some(spec) = record.spec else { continue };
        let Some(good) = verdict(spec, &record, deal.phase()) else { continue };
        due += spec.weight;
        done += if good { spec.weight } else { 0.0 };
        findings.push(finding(spec, &record, good));
    }
    if findings.is_empty() {
        return Score::unknown("no critical behavior applied in the deal's calls");
    }
    Score::known(done / due, findings)
}

/// `None` where nothing can be said: it never applied, or it belongs to a later stage than the deal's and was not shown early.
fn verdict(spec: &BehaviorOutcome, record: &Record<'_>, phase: Option<Phase>) -> Option<bool> {
    let seen = !record.observed.is_empty();
    if spec.avoid {
        return (seen || !record.missed.is_empty()).then_some(!seen);
    }
    let belongs_to = Stage::parse(&spec.stage).and_then(|s| s.phase());
    let due = match (belongs_to, phase) {
        (Some(behavior), Some(deal)) => behavior <= deal,
        _ => true,
    };
    match (seen, record.missed.is_empty()) {
        (true, _) => Some(true),
        (false, false) if due => Some(false),
        _ => None,
    }
}

fn finding<'a>(spec: &'a BehaviorOutcome, record: &Record<'a>, good: bool) -> Finding<'a> {
    let name = if spec.description.is_empty() { &spec.id } else { &spec.description };
    let text = match (spec.avoid, good) {
        (false, true) => format!("{}: done ({name})", spec.id),
        (false, false) => format!("{}: due and never done ({name})", spec.id),
        (true, true) => format!("{}: avoided ({name})", spec.id),
        (true, false) => format!("{}: should have been avoided ({name})", spec.id),
    };
    let evidence = record.observed.iter().flat_map(|(_, b)| &b.evidence).collect();
    let calls = if record.observed.is_empty() {
        record.missed.clone()
    } else {
        record.observed.iter().map(|(call, _)| *call).collect()
    };
    Finding { text, favourable: good, evidence, calls }
}
