//! How far a segment's own rate is drawn to the stage's.

use statrs::distribution::{Beta, ContinuousCDF};

use super::rates::Tally;
use super::{Estimate, Prior};

/// Deals that the workspace's overall rate counts as against a stage's own, and a stage's against a segment's while there are too few
/// segments to fit it.
pub const DEFAULT_PRIOR_DEALS: f64 = 10.0;
/// The fit is kept inside these, since few segments fit it badly.
const FIT_BOUNDS: (f64, f64) = (4.0, 400.0);
const LEAST_SEGMENTS: usize = 3;
/// Segments with fewer closed deals say nothing about how far segments differ.
const LEAST_DEALS_OF_SEGMENT: u32 = 2;

/// Strength of the prior of a beta-binomial by the method of moments (Kleinman 1973, weights n): with p = sum k / sum n, q = 1 - p,
/// `S = sum n_i (p_i - p)^2`, `gamma = (S - pq (G - 1)) / (pq (N - sum n_i^2 / N - (G - 1)))` is the intra-class correlation and
/// `m = 1 / gamma - 1`. Segments that differ no more than chance allows give the upper bound.
pub fn fit_prior_deals(segments: &[Tally]) -> f64 {
    let used: Vec<_> = segments.iter().filter(|t| t.n() >= LEAST_DEALS_OF_SEGMENT).collect();
    if used.len() < LEAST_SEGMENTS {
        return DEFAULT_PRIOR_DEALS;
    }
    let sizes = || used.iter().map(|t| f64::from(t.n()));
    let all: f64 = sizes().sum();
    let p = used.iter().map(|t| f64::from(t.won)).sum::<f64>() / all;
    let pq = p * (1.0 - p);
    #[expect(clippy::cast_precision_loss, reason = "a few segments")]
    let free = used.len() as f64 - 1.0;
    let scatter: f64 = used.iter().map(|t| f64::from(t.n()) * (t.share().unwrap_or(p) - p).powi(2)).sum();
    let room = pq * (all - sizes().map(|n| n * n).sum::<f64>() / all - free);
    if pq <= 0.0 || room <= 0.0 {
        return DEFAULT_PRIOR_DEALS;
    }
    let gamma = (scatter - pq * free) / room;
    // However alike the segments are, a prior never counts for more deals than it was fitted from: the interval would
    // claim more than is known.
    let most = all.clamp(FIT_BOUNDS.0, FIT_BOUNDS.1);
    if gamma <= 0.0 { most } else { (1.0 / gamma - 1.0).clamp(FIT_BOUNDS.0, most) }
}

/// Posterior mean of the rate and its 90 % interval.
pub fn posterior(prior: Prior, tally: Tally) -> Option<Estimate> {
    let a = prior.mean * prior.deals + f64::from(tally.won);
    let b = (1.0 - prior.mean) * prior.deals + f64::from(tally.lost);
    let beta = Beta::new(a, b).ok()?;
    let value = a / (a + b);
    // A skewed posterior's mean may lie outside of the quantiles only in the far tails; the order is kept all the same.
    let lower = beta.inverse_cdf(0.05).clamp(0.0, value);
    let upper = beta.inverse_cdf(0.95).clamp(value, 1.0);
    Some(Estimate { value, lower, upper })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(won: u32, lost: u32) -> Tally {
        Tally { won, lost }
    }

    #[test]
    fn segments_that_differ_are_pooled_less_than_segments_that_do_not() {
        let alike = fit_prior_deals(&[tally(50, 50), tally(51, 49), tally(49, 51), tally(50, 50)]);
        let unlike = fit_prior_deals(&[tally(90, 10), tally(50, 50), tally(10, 90), tally(30, 70)]);
        assert_eq!(alike, 400.0);
        assert!(unlike < 10.0, "{unlike}");
    }

    #[test]
    fn a_prior_counts_for_no_more_deals_than_it_was_fitted_from() {
        assert_eq!(fit_prior_deals(&[tally(4, 5), tally(5, 4), tally(4, 5)]), 27.0);
    }

    #[test]
    fn two_segments_fit_nothing() {
        assert_eq!(fit_prior_deals(&[tally(90, 10), tally(10, 90)]), DEFAULT_PRIOR_DEALS);
        assert_eq!(fit_prior_deals(&[tally(9, 0), tally(5, 0), tally(7, 0)]), DEFAULT_PRIOR_DEALS);
    }

    #[test]
    fn the_interval_agrees_with_tables() {
        // Beta(3, 7): 5 % and 95 % quantiles 0.0977 and 0.5496.
        let estimate = posterior(Prior { mean: 0.2, deals: 5.0 }, tally(2, 3)).unwrap();
        assert!((estimate.value - 0.3).abs() < 1e-12);
        assert!((estimate.lower - 0.0977).abs() < 1e-3, "{estimate:?}");
        assert!((estimate.upper - 0.5496).abs() < 1e-3, "{estimate:?}");
    }
}
