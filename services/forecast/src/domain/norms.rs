//! What is usual in a workspace at a moment: everything a deal is held against. Computed from the log as it was known then.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::cadence::Cadence;
use super::health::{self, Averages, Health};
use super::ids::DealId;
use super::log::Log;
use super::requirements::Requirements;
use super::view::DealView;
use super::warnings::{self, Precision, Warning, WarningKind};
use super::winning::{BaseRates, Durations, WinProbability, probability};

/// Norms of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Norms {
    pub rates: BaseRates,
    pub durations: Durations,
    pub cadence: Cadence,
    pub averages: Averages,
    pub precision: BTreeMap<WarningKind, Precision>,
}

/// A deal held against the norms.
#[derive(Clone, Debug)]
pub struct Assessment<'a> {
    /// `None` for a deal that is decided: health is about what can still be done.
    pub health: Option<Health<'a>>,
    pub warnings: Vec<Warning<'a>>,
    pub win_probability: WinProbability,
}

impl Norms {
    pub fn of(log: &Log<'_>, as_of: DateTime<Utc>, requirements: &Requirements) -> Self {
        let deals: Vec<DealView<'_>> = log.deals().filter_map(|deal| log.view(deal, as_of)).collect();
        let mut norms = Self {
            rates: BaseRates::of_deals(deals.iter()),
            durations: Durations::of_deals(deals.iter()),
            cadence: Cadence::of_deals(deals.iter()),
            ..Self::default()
        };
        let scores: Vec<_> = deals
            .iter()
            .filter(|d| d.is_open() && !d.calls.is_empty())
            .map(|deal| health::scores(deal, requirements, &norms.cadence))
            .collect();
        norms.averages = health::averages(scores.iter());
        norms.precision = warnings::precision(log, &deals, &norms);
        norms
    }

    pub fn assess<'a>(&self, deal: &DealView<'a>, requirements: &Requirements) -> Assessment<'a> {
        let open = deal.is_open();
        Assessment {
            health: open.then(|| health::assess(health::scores(deal, requirements, &self.cadence), &self.averages)),
            warnings: if open { warnings::of(deal, self) } else { Vec::new() },
            win_probability: probability(deal, &self.rates),
        }
    }

    /// Precision of a warning; zeros where it never stood.
    pub fn precision_of(&self, kind: WarningKind) -> Precision {
        self.precision.get(&kind).copied().unwrap_or_default()
    }
}

/// Views of every deal known at a moment, by id.
pub fn views<'a>(log: &Log<'a>, as_of: DateTime<Utc>) -> impl Iterator<Item = (&'a DealId, DealView<'a>)> {
    let deals: Vec<&'a DealId> = log.deals().collect();
    let views: Vec<_> = deals.into_iter().filter_map(|deal| Some((deal, log.view(deal, as_of)?))).collect();
    views.into_iter()
}
