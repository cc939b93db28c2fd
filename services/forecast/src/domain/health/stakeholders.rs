//! Are the people engaged who must be by this stage? Engaged = was on a call; being mentioned is not enough.

use super::{Finding, Score};
use crate::domain::evaluated::Stakeholder;
use crate::domain::requirements::Requirements;
use crate::domain::view::{CallView, DealView};

pub fn score<'a>(deal: &DealView<'a>, requirements: &Requirements) -> Score<'a> {
    if deal.calls.is_empty() {
        return Score::unknown("no evaluated call belongs to the deal");
    }
    let Some(phase) = deal.phase() else {
        return Score::unknown("the deal's stage is not known, so neither is who must be engaged by it");
    };
    let required = requirements.by(phase);
    if required.is_empty() {
        return Score::unknown("nobody has to be engaged by this stage");
    }
    let mut engaged = 0_usize;
    let mut findings = Vec::new();
    for role in &required {
        let found = deal.calls.iter().rev().find_map(|call| present(call, role).map(|person| (call, person)));
        engaged += usize::from(found.is_some());
        findings.push(finding(deal, role, found));
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of roles")]
    let value = engaged as f64 / required.len() as f64;
    Score::known(value, findings)
}

/// Somebody of the role who was on the call.
pub(super) fn present<'a>(call: &CallView<'a>, role: &str) -> Option<&'a Stakeholder> {
    let facts = call.facts();
    let of_role = facts.stakeholders.iter().find(|s| s.present && s.role == role);
    of_role.or_else(|| facts.economic_buyer.as_ref().filter(|s| role == "economic_buyer" && s.present))
}

fn finding<'a>(deal: &DealView<'a>, role: &str, found: Option<(&CallView<'a>, &'a Stakeholder)>) -> Finding<'a> {
    let label = role.replace('_', " ");
    match found {
        Some((call, person)) => Finding {
            text: format!("{label} engaged: {}", who(person)),
            favourable: true,
            evidence: person.evidence.iter().collect(),
            calls: vec![call.call],
        },
        None => {
            let mentioned = deal.calls.iter().rev().flat_map(|c| &c.facts().stakeholders).find(|s| s.role == role);
            Finding {
                text: match mentioned {
                    Some(person) => format!("{label} only mentioned: {}", who(person)),
                    None => format!("no {label} on any call"),
                },
                favourable: false,
                evidence: mentioned.map(|m| m.evidence.iter().collect()).unwrap_or_default(),
                calls: deal.calls.iter().map(|c| c.call).collect(),
            }
        }
    }
}

fn who(person: &Stakeholder) -> String {
    match (person.name.as_str(), person.title.as_str()) {
        ("", "") => "name not known".to_owned(),
        ("", title) => title.to_owned(),
        (name, "") => name.to_owned(),
        (name, title) => format!("{name} ({title})"),
    }
}
