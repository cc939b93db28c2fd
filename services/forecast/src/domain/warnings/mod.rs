//! What should be looked at in an open deal, and what would clear it. Each warning is computed from what calls and the CRM show; where
//! that is too little to say, there is no warning.

mod contacts;
mod plan;
mod precision;
mod progress;
#[cfg(test)]
mod tests;
mod topics;

pub use precision::{Precision, precision};

use super::evidence::Evidence;
use super::norms::Norms;
use super::view::DealView;

/// Kind of a warning, in the order they are listed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WarningKind {
    NoActivity,
    TooFewContacts,
    NoPower,
    NextStepMissing,
    NextStepUndated,
    NextStepUnowned,
    NextStepOverdue,
    StalledInStage,
    RiskNotRaised,
    CompetitorUnanswered,
    PriceNeverDiscussed,
    CloseDatePast,
}

impl WarningKind {
    pub const ALL: [Self; 12] = [
        Self::NoActivity,
        Self::TooFewContacts,
        Self::NoPower,
        Self::NextStepMissing,
        Self::NextStepUndated,
        Self::NextStepUnowned,
        Self::NextStepOverdue,
        Self::StalledInStage,
        Self::RiskNotRaised,
        Self::CompetitorUnanswered,
        Self::PriceNeverDiscussed,
        Self::CloseDatePast,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Self::NoActivity => "no_activity",
            Self::TooFewContacts => "too_few_contacts",
            Self::NoPower => "no_power",
            Self::NextStepMissing => "next_step_missing",
            Self::NextStepUndated => "next_step_undated",
            Self::NextStepUnowned => "next_step_unowned",
            Self::NextStepOverdue => "next_step_overdue",
            Self::StalledInStage => "stalled_in_stage",
            Self::RiskNotRaised => "risk_not_raised",
            Self::CompetitorUnanswered => "competitor_unanswered",
            Self::PriceNeverDiscussed => "price_never_discussed",
            Self::CloseDatePast => "close_date_past",
        }
    }
}

/// A warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning<'a> {
    pub kind: WarningKind,
    pub text: String,
    pub clears_when: String,
    /// Empty where the finding is an absence.
    pub evidence: Vec<&'a Evidence>,
}

impl<'a> Warning<'a> {
    fn new(kind: WarningKind, text: impl Into<String>, clears_when: impl Into<String>) -> Self {
        Self { kind, text: text.into(), clears_when: clears_when.into(), evidence: Vec::new() }
    }

    fn with(mut self, evidence: impl IntoIterator<Item = &'a Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// Every warning that stands on an open deal, in the order of their kinds.
pub fn of<'a>(deal: &DealView<'a>, norms: &Norms) -> Vec<Warning<'a>> {
    let mut found: Vec<Warning<'a>> = Vec::new();
    found.extend(contacts::no_activity(deal, &norms.cadence));
    found.extend(contacts::too_few(deal));
    found.extend(contacts::no_power(deal));
    found.extend(plan::next_step(deal));
    found.extend(progress::stalled(deal, &norms.durations));
    found.extend(topics::risks_not_raised(deal));
    found.extend(topics::competitors_unanswered(deal));
    found.extend(topics::price_never_discussed(deal));
    found.extend(progress::close_date_past(deal));
    found.sort_by_key(|w| w.kind);
    found
}
