//! What should have been talked about.

use std::collections::BTreeMap;

use super::{Warning, WarningKind};
use crate::domain::evaluated::{Competitor, RiskState, RiskTopic};
use crate::domain::evidence::Evidence;
use crate::domain::stage::Phase;
use crate::domain::view::{CallView, DealView};

/// Topics of the segment that no call of the deal raised, from validation on; in discovery there is still time.
pub fn risks_not_raised<'a>(deal: &DealView<'a>) -> Vec<Warning<'a>> {
    if deal.phase().is_none_or(|phase| phase < Phase::Validation) {
        return Vec::new();
    }
    let mut topics: BTreeMap<&str, (&RiskTopic, bool)> = BTreeMap::new();
    for risk in deal.calls.iter().flat_map(|c| &c.evaluations).flat_map(|e| &e.risks) {
        let slot = topics.entry(&risk.id).or_insert((risk, false));
        *slot = (risk, slot.1 || risk.state != RiskState::NotRaised);
    }
    let silent = topics.into_values().filter(|(_, raised)| !raised);
    let warning = |(risk, _): (&RiskTopic, bool)| {
        let title = if risk.title.is_empty() { &risk.id } else { &risk.title };
        let text = format!("not raised on any call of the deal ({} so far): {title}", deal.calls.len());
        Warning::new(WarningKind::RiskNotRaised, text, format!("a call that raises {title}"))
    };
    silent.map(warning).collect()
}

/// Competitors that the rep neither asked nor said anything about after they were named.
pub fn competitors_unanswered<'a>(deal: &DealView<'a>) -> Vec<Warning<'a>> {
    let mut named: BTreeMap<String, (&'a Competitor, bool)> = BTreeMap::new();
    for competitor in deal.calls.iter().flat_map(|c| &c.facts().competitors) {
        let slot = named.entry(competitor.name.to_lowercase()).or_insert((competitor, false));
        *slot = (competitor, slot.1 || competitor.answered);
    }
    let open = named.into_values().filter(|(_, answered)| !answered);
    let warning = |(competitor, _): (&'a Competitor, bool)| {
        let text = format!("{} was named, and the rep did not take it up", competitor.name);
        let clears = format!("a call on which the rep asks or answers about {}", competitor.name);
        Warning::new(WarningKind::CompetitorUnanswered, text, clears).with(&competitor.evidence)
    };
    open.map(warning).collect()
}

/// From the proposal on money should have been talked about. Said only where the playbooks look for it.
pub fn price_never_discussed<'a>(deal: &DealView<'a>) -> Option<Warning<'a>> {
    if deal.phase()? < Phase::Proposal || deal.calls.is_empty() || !deal.calls.iter().any(looks_for_price) {
        return None;
    }
    let text = format!(
        "no price or budget was talked about on the deal's {} calls, and it is at {}",
        deal.calls.len(),
        deal.stage()?.stage.as_str()
    );
    let silent = deal.calls.iter().all(|call| price_talk(call).next().is_none());
    silent.then(|| Warning::new(WarningKind::PriceNeverDiscussed, text, "a call that talks about price or budget"))
}

fn is_about_price(id: &str) -> bool {
    ["price", "pricing", "budget", "discount"].iter().any(|word| id.contains(word))
}

fn looks_for_price(call: &CallView<'_>) -> bool {
    call.evaluations.iter().any(|e| e.signals.iter().any(|s| is_about_price(&s.id)))
}

fn price_talk<'a>(call: &CallView<'a>) -> impl Iterator<Item = &'a Evidence> + use<'a> {
    let facts = call.facts();
    let budget = facts.budget.iter().flat_map(|b| &b.evidence);
    let objections = facts.objections.iter().filter(|o| is_about_price(&o.kind)).flat_map(|o| &o.evidence);
    let evaluations = call.evaluations.clone();
    let signals = evaluations
        .clone()
        .into_iter()
        .flat_map(|e| &e.signals)
        .filter(|s| is_about_price(&s.id))
        .flat_map(|s| &s.evidence);
    let behaviors =
        evaluations.into_iter().flat_map(|e| &e.behaviors).filter(|b| is_about_price(&b.id)).flat_map(|b| &b.evidence);
    budget.chain(objections).chain(signals).chain(behaviors)
}
