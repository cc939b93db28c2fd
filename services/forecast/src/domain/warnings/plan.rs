//! The next step, as the latest call left it.

use super::{Warning, WarningKind};
use crate::domain::health::{StepState, steps};
use crate::domain::view::DealView;

pub fn next_step<'a>(deal: &DealView<'a>) -> Vec<Warning<'a>> {
    let Some(latest) = deal.calls.last() else { return Vec::new() };
    let all = steps(deal);
    let Some(last) = all.last().filter(|s| s.call.call == latest.call) else { return Vec::new() };
    let Some(step) = last.step else {
        let text = format!("the call of {} ended without an agreed next step", latest.at.date_naive());
        return vec![Warning::new(
            WarningKind::NextStepMissing,
            text,
            "a next step that both sides agree, with an owner and a date",
        )];
    };
    let mut found = Vec::new();
    if step.owner.is_empty() {
        let text = format!("nobody took the next step on: {}", step.said());
        found.push(Warning::new(WarningKind::NextStepUnowned, text, "somebody who takes it on").with(&step.evidence));
    }
    match (last.state, step.due) {
        (StepState::NoDate, _) => {
            let text = format!("the next step has no date: {}", step.said());
            found
                .push(Warning::new(WarningKind::NextStepUndated, text, "a date both sides agree").with(&step.evidence));
        }
        (StepState::Overdue, Some(due)) => {
            let text = format!("agreed for {due}, and nobody has spoken since: {}", step.said());
            let clears = "a call on which both sides are heard, or a new date they agree";
            found.push(Warning::new(WarningKind::NextStepOverdue, text, clears).with(&step.evidence));
        }
        _ => {}
    }
    found
}
