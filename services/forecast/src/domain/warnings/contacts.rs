//! Who is spoken to, and how lately.

use std::collections::BTreeSet;

use super::{Warning, WarningKind};
use crate::domain::cadence::Cadence;
use crate::domain::evaluated::person;
use crate::domain::stage::Phase;
use crate::domain::view::DealView;

/// Silence that is named where the workspace has too few gaps of its own to compare with, days.
const SILENCE_WITHOUT_HISTORY: f64 = 21.0;
/// However often a segment speaks, less is no silence, days.
const LEAST_SILENCE: f64 = 14.0;

/// Only deals that had a call are silent: one that was never recorded may well be talked to.
pub fn no_activity<'a>(deal: &DealView<'a>, cadence: &Cadence) -> Option<Warning<'a>> {
    let last = deal.contacts().next_back()?;
    let silent = deal.days_since(last);
    let usual = cadence.of(deal.segment());
    let limit = usual.map_or(SILENCE_WITHOUT_HISTORY, |u| f64::max(2.0 * u.median_days, LEAST_SILENCE));
    let against = usual.map_or_else(
        || format!("the limit is {SILENCE_WITHOUT_HISTORY:.0} days, there being too few gaps to know what is usual"),
        |u| format!("usual in {} are {:.0} (median of {} gaps)", u.scope(), u.median_days, u.n),
    );
    let text = format!("{silent:.0} days without a two-way contact, since {}; {against}", last.date_naive());
    (silent > limit).then(|| Warning::new(WarningKind::NoActivity, text, "a call on which both sides are heard"))
}

/// Two people from validation on, three from the proposal on.
pub fn too_few<'a>(deal: &DealView<'a>) -> Option<Warning<'a>> {
    if deal.calls.is_empty() {
        return None;
    }
    let phase = deal.phase()?;
    let least = match phase {
        Phase::Prospecting | Phase::Discovery => return None,
        Phase::Validation => 2,
        Phase::Proposal | Phase::Negotiation => 3,
    };
    let names = deal.calls.iter().flat_map(|c| &c.primary.buyers).filter(|n| !n.is_empty());
    let people: BTreeSet<String> = names.map(|name| person(name)).collect();
    let text = format!(
        "{} of the buyer's people were on the deal's {} calls; by this stage it should be {least}",
        people.len(),
        deal.calls.len()
    );
    let clears = format!("calls with at least {least} different people of the buyer");
    (people.len() < least).then(|| Warning::new(WarningKind::TooFewContacts, text, clears))
}

/// From validation on the economic buyer should have been on a call.
pub fn no_power<'a>(deal: &DealView<'a>) -> Option<Warning<'a>> {
    if deal.calls.is_empty() || deal.phase()? < Phase::Validation {
        return None;
    }
    let known = deal.calls.iter().rev().flat_map(|call| {
        let facts = call.facts();
        let by_role = facts.stakeholders.iter().filter(|s| s.role == "economic_buyer");
        facts.economic_buyer.iter().chain(by_role)
    });
    if known.clone().any(|person| person.present) {
        return None;
    }
    let named = known.clone().find(|person| !person.name.is_empty() || !person.title.is_empty());
    let who = named.map(|p| if p.name.is_empty() { p.title.as_str() } else { p.name.as_str() });
    let text = match who {
        Some(who) => format!("{who} holds the money and was on no call"),
        None => "who holds the money is not known, and nobody who does was on a call".to_owned(),
    };
    let clears = format!("a call that {} is on", who.unwrap_or("the economic buyer"));
    let evidence = named.map(|p| p.evidence.iter()).into_iter().flatten();
    Some(Warning::new(WarningKind::NoPower, text, clears).with(evidence))
}
