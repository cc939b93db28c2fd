//! What follows: nudges, proposals, deal health, win probability, forecast.

use comfy_table::{Cell, Color};
use throughline_proto::coaching::v1::Nudge;
use throughline_proto::crm::v1::{Proposal, ProposalState};
use throughline_proto::forecast::v1::{
    Deal, Forecast, Health, HealthPart, Rollup, RollupLevel, Warning, WinProbability,
};

use super::words::{cut, first_time, id, money, percent, quote, said, section, word};
use crate::report::{bold, clean, plural, table};

pub(super) fn nudges(nudges: &[Nudge]) -> String {
    let lines: Vec<String> = nudges.iter().map(nudge).collect();
    section("For the rep's next call", &lines)
}

fn nudge(nudge: &Nudge) -> String {
    let example =
        if nudge.example.is_empty() { String::new() } else { format!("\n    earlier:{}", said(&nudge.example)) };
    let adoption = percent(nudge.adoption);
    format!("  {}: {} (adoption {adoption}){example}", clean(&nudge.behavior), cut(&nudge.text, 240))
}

pub(super) fn proposals(proposals: &[Proposal]) -> String {
    if proposals.is_empty() {
        return String::new();
    }
    let mut rows = table(&["field", "change", "policy", "state", "time", "quote"]);
    for proposal in proposals {
        let old = if proposal.old_value.is_empty() { "(empty)".to_owned() } else { cut(&proposal.old_value, 60) };
        let state = proposal.state();
        let cell = Cell::new(word(state.as_str_name(), "PROPOSAL_STATE_"));
        let cell = match state {
            ProposalState::Applied => cell.fg(Color::Green),
            ProposalState::Pending => cell.fg(Color::Yellow),
            _ => cell,
        };
        rows.add_row([
            Cell::new(clean(&proposal.field)),
            Cell::new(format!("{old} → {}", cut(&proposal.new_value, 60))),
            Cell::new(word(proposal.policy().as_str_name(), "FIELD_POLICY_")),
            cell,
            Cell::new(first_time(&proposal.evidence)),
            Cell::new(quote(&proposal.evidence)),
        ]);
    }
    format!("{}\n{rows}", bold("CRM proposals"))
}

pub(super) fn health(deal: Option<&Deal>) -> String {
    let Some(deal) = deal else { return String::new() };
    let mut blocks = vec![bold(&heading(deal))];
    if let Some(health) = &deal.health {
        blocks.push(parts(health));
    }
    blocks.extend(deal.warnings.iter().map(warning));
    if let Some(probability) = &deal.win_probability {
        blocks.push(win(probability));
    }
    blocks.join("\n")
}

fn heading(deal: &Deal) -> String {
    let mut parts = vec![format!("Deal {}", id(&deal.name))];
    if let Some(amount) = deal.amount {
        parts.push(money(amount, &deal.currency));
    }
    if !deal.stage.is_empty() {
        parts.push(format!("in {}", clean(&deal.stage)));
    }
    if !deal.close_date.is_empty() {
        parts.push(format!("to close {}", clean(&deal.close_date)));
    }
    match deal.health.as_ref() {
        Some(Health { score: Some(score), coverage, .. }) => {
            parts.push(format!("health {score:.0} of 100, {} of it known", percent(*coverage)));
        }
        Some(_) => parts.push("health not known".to_owned()),
        None => {}
    }
    parts.join(" · ")
}

fn parts(health: &Health) -> String {
    health.parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn part(part: &HealthPart) -> String {
    let explanation = cut(&part.explanation, 400);
    let id = clean(&part.id);
    let Some(score) = part.score else { return format!("  {id:<13}  –  {explanation}") };
    let against = match (part.contribution, part.average) {
        (Some(points), Some(average)) => {
            format!(", {points:+.1} points against the average of {average:.0} over {} open deals", part.average_deals)
        }
        _ => String::new(),
    };
    format!("  {id:<13}{score:>3.0}  weight {}{against}\n                    {explanation}", percent(part.weight))
}

fn warning(warning: &Warning) -> String {
    let clears = if warning.clears_when.is_empty() {
        String::new()
    } else {
        format!("\n    clears when {}", cut(&warning.clears_when, 240))
    };
    let precision = warning.precision.as_ref().and_then(|precision| {
        let (share, base) = (precision.share?, precision.base_share?);
        Some(format!(" ({} of {} such deals were lost, {} of all)", percent(share), precision.warned, percent(base)))
    });
    format!("  ! {}{}{clears}", cut(&warning.text, 240), precision.unwrap_or_default())
}

fn win(probability: &WinProbability) -> String {
    let value = match (probability.value, probability.lower, probability.upper) {
        (Some(value), Some(lower), Some(upper)) => {
            format!("{} (90 % interval {} to {})", percent(value), percent(lower), percent(upper))
        }
        (Some(value), ..) => percent(value),
        (None, ..) => "not given".to_owned(),
    };
    format!("  win probability {value}\n    {}", cut(&probability.explanation, 400))
}

pub(super) fn forecast(forecast: Option<&Forecast>) -> String {
    let Some(forecast) = forecast else { return String::new() };
    let whole = forecast.rollups.iter().filter(|rollup| rollup.level() == RollupLevel::Workspace);
    let mut lines: Vec<String> = whole.map(rollup).collect();
    lines.extend(forecast.notes.iter().map(|note| format!("  {}", cut(note, 240))));
    section(&format!("Forecast {} to {}", forecast.start_date, forecast.end_date), &lines)
}

fn rollup(rollup: &Rollup) -> String {
    let amount = |amount: f64| money(amount, &rollup.currency);
    let deals = usize::try_from(rollup.deals).unwrap_or(0);
    let mut line = format!("  {deals} deal{}, won so far {}", plural(deals), amount(rollup.won));
    match (rollup.p10, rollup.p50, rollup.p90, rollup.mean) {
        (Some(p10), Some(p50), Some(p90), Some(mean)) => line.push_str(&format!(
            "\n    P10 {} · P50 {} · P90 {} · mean {}",
            amount(p10),
            amount(p50),
            amount(p90),
            amount(mean)
        )),
        _ => line.push_str("\n    no distribution: too few closed deals for a probability of the open ones"),
    }
    line.push_str(&format!(
        "\n    by category of people: commit {}, best case {}, pipeline {}",
        amount(rollup.commit),
        amount(rollup.best_case),
        amount(rollup.pipeline)
    ));
    line
}
