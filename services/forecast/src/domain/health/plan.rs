//! The mutual action plan, as far as calls show it: the next steps both sides agreed, and whether they came on time.
//!
//! Whether a step was really done can't be heard; what can is whether the sides spoke again by the day they had agreed. A step is kept
//! when the next two-way contact came by its date and two days of grace.

use chrono::{NaiveDate, TimeDelta};

use super::{Finding, Score};
use crate::domain::evaluated::NextStep;
use crate::domain::view::{CallView, DealView};

const GRACE: TimeDelta = TimeDelta::days(2);
/// Older steps say little about the present plan.
const STEPS_COUNTED: usize = 5;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// The sides spoke again by the agreed day.
    Kept,
    /// Not due yet.
    OnTrack,
    /// The sides spoke again, but later than agreed.
    Late,
    /// The day has passed and nobody spoke since.
    Overdue,
    /// Agreed without a day.
    NoDate,
    /// The last call ended without any agreed step.
    Missing,
}

/// A step agreed in a call, or the lack of one in the last call.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    pub call: CallView<'a>,
    pub step: Option<&'a NextStep>,
    pub state: StepState,
}

impl Step<'_> {
    fn value(&self) -> f64 {
        let by_state = match self.state {
            StepState::Kept | StepState::OnTrack => 1.0,
            StepState::Late | StepState::NoDate => 0.5,
            StepState::Overdue | StepState::Missing => 0.0,
        };
        let owned = self.step.is_some_and(|s| !s.owner.is_empty());
        if owned { by_state } else { f64::min(by_state, 0.5) }
    }
}

/// Steps of the deal in the order they were agreed.
pub fn steps<'a>(deal: &DealView<'a>) -> Vec<Step<'a>> {
    let today = deal.as_of.date_naive();
    let last = deal.calls.len().saturating_sub(1);
    let of_call = |(index, call): (usize, &CallView<'a>)| {
        let next = deal.contacts().find(|at| *at > call.at).map(|at| at.date_naive());
        let step = call.facts().next_step.as_ref();
        let state = match step {
            Some(step) => state(step.due, next, today),
            None if index == last => StepState::Missing,
            None => return None,
        };
        Some(Step { call: call.clone(), step, state })
    };
    deal.calls.iter().enumerate().filter_map(of_call).collect()
}

fn state(due: Option<NaiveDate>, next_contact: Option<NaiveDate>, today: NaiveDate) -> StepState {
    let Some(due) = due else { return StepState::NoDate };
    let latest = due.checked_add_signed(GRACE).unwrap_or(due);
    match next_contact {
        Some(contact) if contact <= latest => StepState::Kept,
        Some(_) => StepState::Late,
        None if today <= latest => StepState::OnTrack,
        None => StepState::Overdue,
    }
}

pub fn score<'a>(deal: &DealView<'a>) -> Score<'a> {
    let steps = steps(deal);
    let counted = &steps[steps.len().saturating_sub(STEPS_COUNTED)..];
    if counted.is_empty() {
        return Score::unknown("no evaluated call belongs to the deal");
    }
    #[expect(clippy::cast_precision_loss, reason = "at most five steps")]
    let value = counted.iter().map(Step::value).sum::<f64>() / counted.len() as f64;
    Score::known(value, counted.iter().map(finding).collect())
}

fn finding<'a>(step: &Step<'a>) -> Finding<'a> {
    let what = step.step.map_or("", NextStep::said);
    let due = step.step.and_then(|s| s.due).map(|d| d.to_string()).unwrap_or_default();
    let mut text = match step.state {
        StepState::Kept => format!("kept: {what} (by {due})"),
        StepState::OnTrack => format!("agreed for {due}: {what}"),
        StepState::Late => format!("the sides spoke again later than agreed ({due}): {what}"),
        StepState::Overdue => format!("overdue since {due}: {what}"),
        StepState::NoDate => format!("agreed without a date: {what}"),
        StepState::Missing => "the last call ended without an agreed next step".to_owned(),
    };
    let unowned = step.step.is_some_and(|s| s.owner.is_empty());
    if unowned {
        text.push_str(" (nobody owns it)");
    }
    Finding {
        text,
        favourable: matches!(step.state, StepState::Kept | StepState::OnTrack) && !unowned,
        evidence: step.step.map(|s| s.evidence.iter().collect()).unwrap_or_default(),
        calls: vec![step.call.call],
    }
}
