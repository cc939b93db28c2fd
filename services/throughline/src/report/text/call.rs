//! What was said: behaviors, signals, facts, talk statistics, summary.

use std::path::Path;

use chrono::DateTime;
use comfy_table::{Cell, Color};
use throughline_proto::coaching::v1::Summary;
use throughline_proto::common::v1::{Evidence, Side};
use throughline_proto::playbook::v1::behavior_result::Outcome as Found;
use throughline_proto::playbook::v1::{
    BehaviorResult, Evaluation, Facts, Polarity, SpeakerStatistics, Stakeholder, Statement,
};

use super::words::{cut, first_time, id, money, percent, quote, said, section, time, word};
use crate::analyze::Outcome;
use crate::report::{bold, clean, plural, table};

/// Most characters of a reason or description that are printed in a table.
const REASON_CHARS: usize = 90;

pub(super) fn title(input: &Path, outcome: &Outcome, trace_id: &str) -> String {
    let Outcome { call, association, deal, .. } = outcome;
    let name = if call.title.is_empty() { id(&call.name) } else { &call.title };
    let date = call.start_time.as_ref().and_then(|time| DateTime::from_timestamp(time.seconds, 0));
    let date = date.map(|date| format!("  {}", date.format("%Y-%m-%d"))).unwrap_or_default();
    let belongs = match (association.deal.as_str(), deal) {
        ("", _) => "no deal is known well enough".to_owned(),
        (name, deal) => {
            let title = deal.as_ref().map(|deal| clean(&deal.display_name)).filter(|title| !title.is_empty());
            let title = title.map(|title| format!(" {title}")).unwrap_or_default();
            let how = word(association.state().as_str_name(), "ASSOCIATION_STATE_");
            format!("deal {}{title} ({how}, {})", id(name), percent(association.confidence))
        }
    };
    let trace = if trace_id.is_empty() { String::new() } else { format!("  trace {trace_id}") };
    format!("{}{date}\n{}  {belongs}{trace}", bold(&cut(name, 200)), input.display())
}

pub(super) fn behaviors(evaluation: &Evaluation) -> String {
    if evaluation.behaviors.is_empty() {
        return String::new();
    }
    let mut rows = table(&["behavior", "outcome", "time", "quote"]);
    for behavior in &evaluation.behaviors {
        let (outcome, color) = behavior_outcome(behavior);
        let cell = Cell::new(outcome);
        let cell = if let Some(color) = color { cell.fg(color) } else { cell };
        let telling = telling(&behavior.evidence);
        let shown = if telling.is_empty() { cut(&behavior.reason, REASON_CHARS) } else { quote(telling) };
        rows.add_row([Cell::new(clean(&behavior.id)), cell, Cell::new(first_time(telling)), Cell::new(shown)]);
    }
    format!("{}\n{rows}", bold(&format!("Behaviors  {}", revision(&evaluation.revision))))
}

/// The evidence from the place that tells most: the answer where a behavior asks for one, else what the rep said, since
/// what it reacts to comes first.
fn telling(evidence: &[Evidence]) -> &[Evidence] {
    let answer = evidence.iter().position(|place| place.method == "answered");
    let own = || evidence.iter().position(|place| place.side() == Side::Rep);
    evidence.get(answer.or_else(own).unwrap_or(0)..).unwrap_or_default()
}

/// `workspaces/w/playbooks/p/revisions/r` as `p, revision r`.
fn revision(name: &str) -> String {
    match name.split('/').collect::<Vec<_>>().as_slice() {
        [_, _, _, playbook, _, revision] => format!("{playbook}, revision {revision}"),
        _ => name.to_owned(),
    }
}

fn behavior_outcome(behavior: &BehaviorResult) -> (String, Option<Color>) {
    let avoid = behavior.spec.as_ref().is_some_and(|spec| spec.polarity() == Polarity::Avoid);
    let outcome = behavior.outcome();
    let text = match outcome {
        Found::Observed if avoid => "observed (to avoid)".to_owned(),
        Found::Missed if avoid => "avoided".to_owned(),
        _ => word(outcome.as_str_name(), "OUTCOME_"),
    };
    let color = match outcome {
        Found::Observed if avoid => Some(Color::Red),
        Found::Observed => Some(Color::Green),
        Found::Missed if avoid => Some(Color::Green),
        Found::Missed => Some(Color::Red),
        Found::Unknown => Some(Color::Yellow),
        Found::NotApplicable | Found::Unspecified => None,
    };
    (text, color)
}

pub(super) fn signals(evaluation: &Evaluation) -> String {
    let shown = evaluation.signals.iter().filter(|signal| !signal.evidence.is_empty());
    let lines: Vec<String> =
        shown.map(|signal| format!("  {}:{}", clean(&signal.id), said(&signal.evidence))).collect();
    section("Signals of the buyer", &lines)
}

pub(super) fn facts(evaluation: &Evaluation) -> String {
    let Some(facts) = &evaluation.facts else { return String::new() };
    let mut lines = plan(facts);
    for competitor in &facts.competitors {
        let answered = if competitor.answered { "taken up" } else { "not taken up" };
        lines.push(fact("competitor", &format!("{} ({answered})", competitor.name), &competitor.evidence));
    }
    // Whoever holds the money is most often among the stakeholders already.
    let known = |person: &Stakeholder| {
        facts.stakeholders.iter().any(|other| other.name == person.name && other.role == person.role)
    };
    for person in facts.stakeholders.iter().chain(facts.economic_buyer.as_ref().filter(|person| !known(person))) {
        let name = [person.name.as_str(), person.title.as_str()].into_iter().filter(|part| !part.is_empty());
        let name = name.collect::<Vec<_>>().join(", ");
        let present = if person.present { "" } else { ", not on the call" };
        let role = match person.role.as_str() {
            "unknown" => "role not known".to_owned(),
            role => role.replace('_', " "),
        };
        lines.push(fact("stakeholder", &format!("{name} ({role}{present})"), &person.evidence));
    }
    lines.extend(statements("pain", &facts.pains));
    for objection in &facts.objections {
        let handling = word(objection.handling().as_str_name(), "OBJECTION_HANDLING_");
        let kind = objection.kind.replace('_', " ");
        lines.push(fact("objection", &format!("{kind} ({handling})"), &objection.evidence));
    }
    lines.extend(statements("decides", &facts.decision_process));
    lines.extend(statements("unanswered", &facts.open_questions));
    section("Facts", &lines)
}

/// What is to happen, when and for how much.
fn plan(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    match &facts.next_step {
        Some(step) => {
            let when = if step.date.is_empty() { "no date" } else { &step.date };
            let owner = if step.owner.is_empty() { "no owner" } else { &step.owner };
            lines.push(fact("next step", &format!("{} ({owner}, {when})", cut(&step.what, 120)), &step.evidence));
        }
        None => lines.push(fact("next step", "none agreed", &[])),
    }
    if let Some(budget) = &facts.budget {
        lines.push(fact("budget", &money(budget.amount, &budget.currency), &budget.evidence));
    }
    if let Some(date) = &facts.decision_date {
        lines.push(fact("decision", &date.date, &date.evidence));
    }
    if let Some(event) = &facts.critical_event {
        let date = if event.date.is_empty() { String::new() } else { format!(" ({})", event.date) };
        lines.push(fact("event", &format!("{}{date}", cut(&event.what, 120)), &event.evidence));
    }
    for commitment in &facts.commitments {
        let who = if commitment.owner.is_empty() { "somebody" } else { &commitment.owner };
        let when = if commitment.date.is_empty() { String::new() } else { format!(", {}", commitment.date) };
        lines.push(fact("commitment", &format!("{who}{when}"), &commitment.evidence));
    }
    for amount in &facts.amounts {
        lines.push(fact("amount", &money(amount.amount, &amount.currency), &amount.evidence));
    }
    lines
}

fn fact(label: &str, value: &str, evidence: &[Evidence]) -> String {
    format!("  {label:<12}{}{}", clean(value), said(evidence))
}

/// Statements are their own quote.
fn statements<'a>(label: &'a str, statements: &'a [Statement]) -> impl Iterator<Item = String> + 'a {
    statements.iter().map(move |statement| format!("  {label:<12}{}", said(&statement.evidence).trim_start()))
}

pub(super) fn talk(evaluation: &Evaluation) -> String {
    let Some(statistics) = &evaluation.statistics else { return String::new() };
    let mut first = vec![format!("{} of call, {} of speech", time(statistics.call_ms), time(statistics.speech_ms))];
    if let Some(switches) = statistics.interactivity_per_hour {
        first.push(format!("{switches:.0} switches/h"));
    }
    if let Some(patience_ms) = statistics.patience_ms {
        first.push(format!("rep waits {:.1} s", patience_ms / 1000.0));
    }
    let mut lines = vec![format!("  {}", first.join(" · "))];
    let sides = statistics.speakers.iter().filter(|speaker| speaker.participant.is_empty());
    lines.extend(sides.filter(|side| side.side() != Side::Unspecified).map(side_line));
    section("Talk", &lines)
}

fn side_line(side: &SpeakerStatistics) -> String {
    let mut parts = Vec::new();
    if let Some(ratio) = side.talk_ratio {
        parts.push(format!("{} of speech", percent(ratio)));
    }
    parts.push(format!("longest {}", time(side.longest_monologue_ms)));
    if let Some(questions) = side.questions_per_hour {
        parts.push(format!("{questions:.0} questions/h"));
    }
    if let Some(words) = side.words_per_minute {
        parts.push(format!("{words:.0} words/min"));
    }
    let interruptions = usize::try_from(side.interruptions).unwrap_or(0);
    parts.push(format!("{interruptions} interruption{}", plural(interruptions)));
    format!("  {:<6}{}", word(side.side().as_str_name(), "SIDE_"), parts.join(" · "))
}

pub(super) fn summary(summary: &Summary) -> String {
    let mut lines = Vec::new();
    let mut current = None;
    for line in &summary.lines {
        if current != Some(line.section) {
            current = Some(line.section);
            lines.push(format!("  {}", word(line.section().as_str_name(), "SUMMARY_SECTION_")));
        }
        let times: Vec<String> = line.evidence.iter().map(|evidence| time(evidence.start_ms)).collect();
        let times = if times.is_empty() { String::new() } else { format!(" [{}]", times.join(", ")) };
        lines.push(format!("    {}{times}", cut(&line.text, 240)));
    }
    section("Summary", &lines)
}

pub(super) fn notes(evaluation: &Evaluation) -> String {
    let lines: Vec<String> = evaluation.notes.iter().map(|note| format!("  {}", cut(note, 240))).collect();
    section("What could not be known", &lines)
}
