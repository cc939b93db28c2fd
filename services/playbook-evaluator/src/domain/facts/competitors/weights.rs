//! How much each feature speaks for a name being another supplier's, and when that is enough.
//!
//! A name's score is the log-odds of its clearest mention and of what the whole call tells. The weights are those that
//! `learn` finds in the starter set, near those that were known before.

use super::feature::{Feature, Features};
use super::learned;
use super::pool::{Mention, Named};

/// Share of the turns that are about a competitor, where nothing is known of the turn.
const USUAL_PRIOR: f64 = 0.05;
/// How far a model's probability for the turn moves a name: its evidence overlaps with the features.
const PRIOR_WEIGHT: f64 = 0.3;

/// What was learned of names.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// What each feature adds, in the order of [`Feature::ALL`].
    pub features: Vec<f32>,
    pub intercept: f32,
    /// From this score a name is another supplier.
    pub bar: f32,
}

impl Weights {
    /// Those that ship with the product: learned from all authors of the starter set.
    pub fn shipped() -> Self {
        Self { features: by_feature(learned::WEIGHTS), intercept: learned::INTERCEPT, bar: learned::BAR }
    }

    /// Log-odds that a name is another supplier's.
    pub(super) fn score(&self, named: &Named) -> f64 {
        let of = |mention: &Mention| {
            self.of_features(mention.features.and(named.over_call)) + mention.prior.map_or(0.0, of_prior)
        };
        named.mentions.iter().map(of).reduce(f64::max).unwrap_or(f64::NEG_INFINITY)
    }

    /// What is seen at the clearest mention, and over the call.
    pub(super) fn clearest(&self, named: &Named) -> Features {
        let seen = named.mentions.iter().map(|mention| mention.features.and(named.over_call));
        let scored = seen.map(|features| (self.of_features(features), features));
        scored.reduce(|a, b| if b.0 > a.0 { b } else { a }).map_or(named.over_call, |(_, features)| features)
    }

    fn of_features(&self, features: Features) -> f64 {
        let all = Feature::ALL.iter().zip(&self.features);
        let seen = all.filter(|(feature, _)| features.contains(**feature)).map(|(_, weight)| f64::from(*weight));
        f64::from(self.intercept) + seen.sum::<f64>()
    }
}

/// Weights in the order of [`Feature::ALL`]; those that are not listed are 0.
pub(super) fn by_feature(listed: &[(Feature, f32)]) -> Vec<f32> {
    let of = |feature: &Feature| listed.iter().find(|(f, _)| f == feature).map_or(0.0, |(_, w)| *w);
    Feature::ALL.iter().map(of).collect()
}

fn of_prior(probability: f32) -> f64 {
    let log_odds = |p: f64| (p / (1.0 - p)).ln();
    PRIOR_WEIGHT * (log_odds(f64::from(probability).clamp(0.01, 0.99)) - log_odds(USUAL_PRIOR))
}
