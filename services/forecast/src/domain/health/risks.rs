//! Risks and objections that were raised: how many of them were answered. What nobody raised is a warning's matter, not a score's.

use std::collections::BTreeMap;

use super::{Finding, Score};
use crate::domain::evaluated::{Handling, RiskState};
use crate::domain::evidence::Evidence;
use crate::domain::ids::CallId;
use crate::domain::view::DealView;

/// A topic as the last call that touched it left it.
struct Topic<'a> {
    label: String,
    answered: bool,
    evidence: Vec<&'a Evidence>,
    call: &'a CallId,
}

impl Topic<'_> {
    /// A later call starts afresh; within a call one open objection of a kind keeps the kind open.
    fn starts_over(&self, call: &CallId) -> bool {
        self.call != call
    }
}

pub fn score<'a>(deal: &DealView<'a>) -> Score<'a> {
    if deal.calls.is_empty() {
        return Score::unknown("no evaluated call belongs to the deal");
    }
    let mut topics: BTreeMap<(u8, &'a str), Topic<'a>> = BTreeMap::new();
    for call in &deal.calls {
        for risk in call.evaluations.iter().flat_map(|e| &e.risks).filter(|r| r.state != RiskState::NotRaised) {
            let label = if risk.title.is_empty() { &risk.id } else { &risk.title };
            let topic = Topic {
                label: format!("risk: {label}"),
                answered: risk.state == RiskState::Answered,
                evidence: risk.evidence.iter().collect(),
                call: call.call,
            };
            topics.insert((0, &risk.id), topic);
        }
        for objection in &call.facts().objections {
            let answered = objection.handling != Handling::Open;
            let fresh = || Topic {
                label: format!("objection: {}", objection.kind.replace('_', " ")),
                answered: true,
                evidence: Vec::new(),
                call: call.call,
            };
            let slot = topics.entry((1, &objection.kind)).or_insert_with(fresh);
            if slot.starts_over(call.call) {
                *slot = fresh();
            }
            slot.answered &= answered;
            slot.evidence.extend(&objection.evidence);
        }
    }
    if topics.is_empty() {
        return Score::unknown("no risk or objection was raised in the deal's calls");
    }
    let answered = topics.values().filter(|t| t.answered).count();
    #[expect(clippy::cast_precision_loss, reason = "a handful of topics")]
    let value = answered as f64 / topics.len() as f64;
    let findings = topics.into_values().map(|topic| Finding {
        text: format!("{} {}", topic.label, if topic.answered { "(answered)" } else { "(open)" }),
        favourable: topic.answered,
        evidence: topic.evidence,
        calls: vec![topic.call],
    });
    Score::known(value, findings.collect())
}
