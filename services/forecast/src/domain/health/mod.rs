//! Deal health, 0 to 100, from evidence only.
//!
//! `health = 100 * sum(weight * score) / sum(weight)` over the parts that anything is known of. A part without evidence is unknown and
//! leaves both sums; `coverage` is the share of all weight that is known. A part's contribution is the change of the score against the
//! same deal with that part at the workspace's average, which for a weighted mean is exactly
//! `100 * weight * (score - average) / sum(known weights)`.
//!
//! The amount is no input: nothing in this module reads it, and a property test holds that.

mod behaviors;
mod momentum;
mod plan;
mod risks;
mod stakeholders;
#[cfg(test)]
mod tests;

pub use plan::{Step, StepState, steps};

use super::cadence::Cadence;
use super::evidence::Evidence;
use super::ids::CallId;
use super::requirements::Requirements;
use super::view::DealView;

/// A part of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    Stakeholders,
    Plan,
    CriticalBehaviors,
    Momentum,
    RisksAndObjections,
}

impl Part {
    pub const ALL: [Self; 5] =
        [Self::Stakeholders, Self::Plan, Self::CriticalBehaviors, Self::Momentum, Self::RisksAndObjections];

    /// Weights sum to 100, so that with everything known a part is worth as many points as its weight.
    pub fn weight(self) -> f64 {
        match self {
            Self::Stakeholders | Self::Plan | Self::Momentum => 20.0,
            Self::CriticalBehaviors => 25.0,
            Self::RisksAndObjections => 15.0,
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }
}

/// Something a part's score stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding<'a> {
    pub text: String,
    /// Speaks for the deal, not against it.
    pub favourable: bool,
    /// Quotes. Empty for what was looked for and not found; `calls` then says where it was looked for.
    pub evidence: Vec<&'a Evidence>,
    pub calls: Vec<&'a CallId>,
}

/// What a part scores.
#[derive(Clone, Debug, PartialEq)]
pub enum Score<'a> {
    Known { value: f64, findings: Vec<Finding<'a>> },
    Unknown { reason: String },
}

impl<'a> Score<'a> {
    fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    fn known(value: f64, findings: Vec<Finding<'a>>) -> Self {
        Self::Known { value: value.clamp(0.0, 1.0), findings }
    }

    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Known { value, .. } => Some(*value),
            Self::Unknown { .. } => None,
        }
    }
}

/// The mean score of a part over the workspace's open deals where it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Average {
    pub mean: f64,
    pub n: u32,
}

/// Averages of all parts, by `Part::index`.
pub type Averages = [Average; Part::ALL.len()];

/// A part with what it adds.
#[derive(Clone, Debug, PartialEq)]
pub struct PartHealth<'a> {
    pub part: Part,
    pub score: Score<'a>,
    /// Points against the workspace's average; `None` where the part is unknown or no other deal gives an average.
    pub contribution: Option<f64>,
    pub average: Average,
}

/// Health of a deal.
#[derive(Clone, Debug, PartialEq)]
pub struct Health<'a> {
    /// 0 to 100; `None` where no part is known.
    pub score: Option<f64>,
    /// Share of the weight that is known, 0 to 1.
    pub coverage: f64,
    pub parts: Vec<PartHealth<'a>>,
}

/// Scores of the parts of an open deal.
pub fn scores<'a>(deal: &DealView<'a>, requirements: &Requirements, cadence: &Cadence) -> [Score<'a>; Part::ALL.len()] {
    Part::ALL.map(|part| match part {
        Part::Stakeholders => stakeholders::score(deal, requirements),
        Part::Plan => plan::score(deal),
        Part::CriticalBehaviors => behaviors::score(deal),
        Part::Momentum => momentum::score(deal, cadence),
        Part::RisksAndObjections => risks::score(deal),
    })
}

/// Puts the parts together.
pub fn assess<'a>(scores: [Score<'a>; Part::ALL.len()], averages: &Averages) -> Health<'a> {
    let known = || Part::ALL.iter().zip(&scores).filter_map(|(part, score)| Some((part.weight(), score.value()?)));
    let known_weight: f64 = known().map(|(weight, _)| weight).sum();
    let all_weight: f64 = Part::ALL.iter().map(|p| p.weight()).sum();
    let weighted: f64 = known().map(|(weight, value)| weight * value).sum();
    let score = (known_weight > 0.0).then(|| 100.0 * weighted / known_weight);
    let parts = Part::ALL.into_iter().zip(scores).map(|(part, score)| {
        let average = averages[part.index()];
        // An average over this deal alone says nothing about it.
        let against = (average.n >= 2).then_some(average.mean);
        let contribution =
            score.value().zip(against).map(|(value, mean)| 100.0 * part.weight() * (value - mean) / known_weight);
        PartHealth { part, score, contribution, average }
    });
    Health { score, coverage: known_weight / all_weight, parts: parts.collect() }
}

/// Averages over the scores of many deals.
pub fn averages<'s, 'a: 's>(deals: impl Iterator<Item = &'s [Score<'a>; Part::ALL.len()]>) -> Averages {
    let mut sums = [(0.0, 0_u32); Part::ALL.len()];
    for scores in deals {
        for (sum, value) in sums.iter_mut().zip(scores).filter_map(|(sum, score)| Some((sum, score.value()?))) {
            sum.0 += value;
            sum.1 += 1;
        }
    }
    sums.map(|(sum, n)| Average { mean: if n == 0 { 0.0 } else { sum / f64::from(n) }, n })
}
