//! Probability of winning: base rates with shrinkage.
//!
//! No model of a deal's own features is fitted in this release (one needs 50 won and 150 lost deals with calls). What is given is the
//! share of the workspace's past deals in the same stage and segment that were won, and it is called that.
//!
//! For stage s and segment g, over closed deals that were ever in s (k won of n):
//! ```text
//! p0   = (k + 1/2) / (n + 1)                        all closed deals, Jeffreys prior
//! p_s  = (M0 p0 + k_s) / (M0 + n_s)                 M0 = 10 deals
//! p_sg ~ Beta(m p_s + k_sg, m (1 - p_s) + n_sg - k_sg)
//! ```
//! `m`, how many deals the stage's rate counts as against a segment's own, is fitted to how far segments of the stage differ
//! (Kleinman 1973, method of moments; see [`shrinkage`]). The value is the posterior mean, the interval its 5 % and 95 % quantiles.
//! A deal without a segment gets `Beta(M0 p0 + k_s, M0 (1 - p0) + n_s - k_s)`; one whose stage has no past, or no stage, the rate
//! over all stages.
//! Only closed deals count, so a workspace that closes lost deals late sees rates that are too high until it does.

mod rates;
mod shrinkage;
#[cfg(test)]
mod tests;
mod timing;

pub use rates::{BaseRates, Tally};
pub use timing::Durations;

use super::stage::Status;
use super::view::DealView;

/// How a probability was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    BaseRate,
    /// Won or lost already.
    Closed,
    /// Too little history even for a base rate: nothing is claimed.
    InsufficientHistory,
}

/// Probability that a deal is won, whenever that is.
#[derive(Clone, Debug, PartialEq)]
pub struct WinProbability {
    pub method: Method,
    pub estimate: Option<Estimate>,
    /// Closed deals the estimate rests on, by outcome.
    pub tally: Tally,
    /// Stage and segment it is the rate of; `None` for all of them.
    pub stage: Option<String>,
    pub segment: Option<String>,
    pub prior: Option<Prior>,
}

/// A value with its 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// What the deals of the cell are shrunken to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    pub mean: f64,
    /// How many deals it counts as.
    pub deals: f64,
}

/// The probability of a deal from the workspace's rates.
pub fn probability(deal: &DealView<'_>, rates: &BaseRates) -> WinProbability {
    let decided = |value: Option<f64>| WinProbability {
        method: Method::Closed,
        estimate: value.map(|value| Estimate { value, lower: value, upper: value }),
        tally: Tally::default(),
        stage: None,
        segment: None,
        prior: None,
    };
    match deal.status {
        Status::Won => decided(Some(1.0)),
        Status::Lost => decided(Some(0.0)),
        Status::Closed => decided(None),
        Status::Open => rates.of(deal.stage().map(|v| v.stage), deal.segment()),
    }
}
