//! Won and lost deals by the stages they went through.

use std::collections::{BTreeMap, BTreeSet};

use super::shrinkage::{DEFAULT_PRIOR_DEALS, fit_prior_deals, posterior};
use super::{Estimate, Method, Prior, WinProbability};
use crate::domain::stage::{Stage, Status};
use crate::domain::view::DealView;

/// Closed deals by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub won: u32,
    pub lost: u32,
}

impl Tally {
    pub fn n(self) -> u32 {
        self.won + self.lost
    }

    pub fn share(self) -> Option<f64> {
        (self.n() > 0).then(|| f64::from(self.won) / f64::from(self.n()))
    }

    fn add(&mut self, won: bool) {
        if won {
            self.won += 1;
        } else {
            self.lost += 1;
        }
    }
}

/// The past of a stage, or of all stages together.
#[derive(Clone, Debug, Default)]
struct Past {
    all: Tally,
    segments: BTreeMap<String, Tally>,
    prior_deals: f64,
}

impl Past {
    fn add(&mut self, segment: &str, won: bool) {
        self.all.add(won);
        if !segment.is_empty() {
            self.segments.entry(segment.to_owned()).or_default().add(won);
        }
    }
}

/// Base rates of a workspace, from what was known at a moment.
#[derive(Clone, Debug, Default)]
pub struct BaseRates {
    every_stage: Past,
    stages: BTreeMap<Stage, Past>,
    with_calls: Tally,
    /// Intervals are costly to invert; deals share few cells.
    cells: BTreeMap<(Option<Stage>, String), Estimate>,
}

impl BaseRates {
    /// With fewer closed deals than this nothing is claimed, and neither where all of them ended the same way: such an export holds
    /// only winners (or losers), and its rate is no rate.
    pub const LEAST_CLOSED: u32 = 20;
    /// What a model of a deal's own features would need.
    pub const MODEL_NEEDS: Tally = Tally { won: 50, lost: 150 };

    pub fn of_deals<'v, 'a: 'v>(deals: impl Iterator<Item = &'v DealView<'a>>) -> Self {
        let mut rates = Self::default();
        for deal in deals.filter(|d| matches!(d.status, Status::Won | Status::Lost)) {
            let won = deal.status == Status::Won;
            rates.every_stage.add(deal.segment(), won);
            if !deal.calls.is_empty() {
                rates.with_calls.add(won);
            }
            let been_in: BTreeSet<_> = deal.path.iter().filter(|v| v.status == Status::Open).map(|v| v.stage).collect();
            for stage in been_in {
                if !rates.stages.contains_key(stage) {
                    rates.stages.insert(stage.clone(), Past::default());
                }
                if let Some(past) = rates.stages.get_mut(stage) {
                    past.add(deal.segment(), won);
                }
            }
        }
        for past in rates.stages.values_mut().chain([&mut rates.every_stage]) {
            past.prior_deals = fit_prior_deals(&past.segments.values().copied().collect::<Vec<_>>());
        }
        rates.cells = rates.every_cell();
        rates
    }

    /// All closed deals.
    pub fn closed(&self) -> Tally {
        self.every_stage.all
    }

    /// Closed deals that have evaluated calls.
    pub fn closed_with_calls(&self) -> Tally {
        self.with_calls
    }

    pub fn is_sufficient(&self) -> bool {
        let closed = self.closed();
        closed.n() >= Self::LEAST_CLOSED && closed.won > 0 && closed.lost > 0
    }

    /// The rate for an open deal.
    pub fn of(&self, stage: Option<&Stage>, segment: &str) -> WinProbability {
        if !self.is_sufficient() {
            let tally = self.closed();
            return WinProbability {
                method: Method::InsufficientHistory,
                estimate: None,
                tally,
                stage: None,
                segment: None,
                prior: None,
            };
        }
        let stage = stage.filter(|s| self.stages.contains_key(s));
        let (prior, tally) = self.cell(stage, segment);
        // A cell without a past of its own was not computed ahead.
        let key = (stage.cloned(), if tally.n() == 0 { String::new() } else { segment.to_owned() });
        let computed = self.cells.get(&key).copied().filter(|_| tally.n() > 0 || segment.is_empty());
        WinProbability {
            method: Method::BaseRate,
            estimate: computed.or_else(|| posterior(prior, tally)),
            tally,
            stage: stage.map(|s| s.as_str().to_owned()),
            segment: (!segment.is_empty()).then(|| segment.to_owned()),
            prior: Some(prior),
        }
    }

    /// Prior and data of a stage and segment; an empty segment is all of them.
    fn cell(&self, stage: Option<&Stage>, segment: &str) -> (Prior, Tally) {
        let all = self.closed();
        let overall = (f64::from(all.won) + 0.5) / (f64::from(all.n()) + 1.0);
        let of_stage = Prior { mean: overall, deals: DEFAULT_PRIOR_DEALS };
        let past = stage.and_then(|s| self.stages.get(s));
        let tally = past.map_or(all, |p| p.all);
        if segment.is_empty() {
            return (of_stage, tally);
        }
        let mean =
            (overall * DEFAULT_PRIOR_DEALS + f64::from(tally.won)) / (DEFAULT_PRIOR_DEALS + f64::from(tally.n()));
        let past = past.unwrap_or(&self.every_stage);
        (Prior { mean, deals: past.prior_deals }, past.segments.get(segment).copied().unwrap_or_default())
    }

    fn every_cell(&self) -> BTreeMap<(Option<Stage>, String), Estimate> {
        if !self.is_sufficient() {
            return BTreeMap::new();
        }
        let every = [(None, &self.every_stage)].into_iter();
        let pasts = every.chain(self.stages.iter().map(|(stage, past)| (Some(stage), past)));
        let keys = pasts.flat_map(|(stage, past)| {
            let segments = past.segments.keys().map(String::as_str).chain([""]);
            segments.map(move |segment| (stage, segment))
        });
        let cells = keys.filter_map(|(stage, segment)| {
            let (prior, tally) = self.cell(stage, segment);
            Some(((stage.cloned(), segment.to_owned()), posterior(prior, tally)?))
        });
        cells.collect()
    }
}
