//! The wording of each section: the fact as it was found, nothing added.

use super::{Line, Section};
use crate::domain::evaluation::{Risk, RiskState};
use crate::domain::facts::{Competitor, Facts, NextStep, Objection, ObjectionHandling, Stakeholder, Statement};

pub(super) fn next_step(step: &NextStep) -> Option<Line> {
    let owner = if step.owner.is_empty() { "owner not said" } else { step.owner.as_str() };
    let when = match (step.date, step.date_text.as_str()) {
        (Some(date), "") => format!("by {date}"),
        (Some(date), said) => format!("by {date} (“{said}”)"),
        (None, "") => "no date said".to_owned(),
        (None, said) => format!("“{said}”, no day"),
    };
    let text = format!("{} ({owner}, {when})", bare(&step.what));
    let taken_on = if step.owner.is_empty() { "owner not said" } else { "owner named" };
    let due = step.date.map_or("no day".to_owned(), |date| format!("by {date}"));
    Line::on(Section::NextSteps, text, format!("Agreed ({taken_on}, {due})"), &step.evidence)
}

pub(super) fn statements(section: Section, statements: &[Statement]) -> Vec<Line> {
    statements.iter().filter_map(|said| Line::on(section, said.text.clone(), String::new(), &said.evidence)).collect()
}

/// Steps in the buyer's words, then the dates and the money that bound them.
pub(super) fn decision(facts: &Facts) -> Vec<Line> {
    let section = Section::DecisionProcess;
    let mut lines = statements(section, &facts.decision_process);
    lines.extend(facts.decision_date.as_ref().and_then(|on| {
        let text = format!("Decides by {}", on.date);
        Line::on(section, text.clone(), text, &on.evidence)
    }));
    lines.extend(facts.critical_event.as_ref().and_then(|event| {
        let when = event.date.map(|date| format!(", {date}")).unwrap_or_default();
        let text = format!("Critical event: {}{when}", bare(&event.what));
        Line::on(section, text, format!("Critical event{when}"), &event.evidence)
    }));
    lines.extend(facts.budget.as_ref().and_then(|money| {
        let text = format!("Budget: {} {}", thousands(money.amount), money.currency);
        let text = text.trim_end().to_owned();
        Line::on(section, text.clone(), text, &money.evidence)
    }));
    lines
}

/// The economic buyer first, then everybody else once.
pub(super) fn stakeholders(facts: &Facts) -> Vec<Line> {
    let holder = facts.economic_buyer.as_ref();
    let others = facts.stakeholders.iter().filter(|person| !holder.is_some_and(|holder| same_person(holder, person)));
    let first = holder.map(|person| (person, "economic buyer".to_owned()));
    let rest = others.map(|person| (person, role(&person.role)));
    first.into_iter().chain(rest).filter_map(|(person, role)| stakeholder(person, &role)).collect()
}

fn stakeholder(person: &Stakeholder, role: &str) -> Option<Line> {
    let who = match (person.name.as_str(), person.title.as_str()) {
        ("", "") if person.evidence.iter().all(|evidence| evidence.purged_at.is_none()) => return None,
        ("", title) => title.to_owned(),
        (name, "") => name.to_owned(),
        (name, title) => format!("{name}, {title}"),
    };
    let place = if person.present { "on the call" } else { "mentioned" };
    let what = if role.is_empty() { place.to_owned() } else { format!("{role}, {place}") };
    Line::on(Section::Stakeholders, format!("{who} ({what})"), capitalised(&what), &person.evidence)
}

fn same_person(a: &Stakeholder, b: &Stakeholder) -> bool {
    let (mine, other) = if a.name.is_empty() || b.name.is_empty() { (&a.title, &b.title) } else { (&a.name, &b.name) };
    !mine.is_empty() && mine.eq_ignore_ascii_case(other)
}

fn role(id: &str) -> String {
    if id == "unknown" { String::new() } else { words(id) }
}

/// Answered or open needs its quote; that nobody raised it is said outright.
pub(super) fn risk(risk: &Risk) -> Option<Line> {
    let said = |state: &str| format!("{}: {state}", bare(&risk.title));
    let on = |state: &str| Line::on(Section::Risks, said(state), said(state), &risk.evidence);
    match risk.state {
        RiskState::NotRaised => {
            let text = said("not raised");
            Some(Line { section: Section::Risks, without_words: text.clone(), text, evidence: Vec::new() })
        }
        RiskState::Open => on("raised and open"),
        RiskState::Answered => on("answered"),
    }
}

pub(super) fn objection(objection: &Objection) -> Option<Line> {
    let handled = match objection.handling {
        ObjectionHandling::Explored => "the rep asked about it before answering",
        ObjectionHandling::Answered => "the rep answered without asking about it",
        ObjectionHandling::Open => "the rep did not take it up",
    };
    let kind = capitalised(&words(&objection.kind));
    let text = format!("{kind}: “{}”; {handled}", objection.text.trim());
    Line::on(Section::Objections, text, format!("{kind}; {handled}"), &objection.evidence)
}

pub(super) fn competitor(competitor: &Competitor) -> Option<Line> {
    let taken_up = if competitor.answered { "taken up by the rep" } else { "not taken up by the rep" };
    let text = format!("{}, {taken_up}", competitor.name);
    Line::on(Section::Competitors, text.clone(), text, &competitor.evidence)
}

/// A sentence that goes on inside another.
fn bare(sentence: &str) -> &str {
    sentence.trim().trim_end_matches('.')
}

fn words(id: &str) -> String {
    id.replace(['_', '-'], " ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `180,000`, and `12.50` where there are cents.
fn thousands(amount: f64) -> String {
    let fixed = if amount.fract().abs() < 0.005 { format!("{amount:.0}") } else { format!("{amount:.2}") };
    let (whole, cents) = fixed.split_once('.').map_or((fixed.as_str(), None), |(whole, cents)| (whole, Some(cents)));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && digit.is_ascii_digit() && (whole.len() - i).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    cents.map_or(grouped.clone(), |cents| format!("{grouped}.{cents}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(thousands(180_000.0), "180,000");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_234_567.5), "1,234,567.50");
        assert_eq!(thousands(-123_456.0), "-123,456");
    }
}
