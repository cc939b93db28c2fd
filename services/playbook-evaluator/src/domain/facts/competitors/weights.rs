//! How much each feature speaks for a name being another supplier's, and when that is enough.
//!
//! A name's score is the log-odds of its clearest mention and of what the whole call tells. The weights are those that
//! `learn` finds in the starter set, near those that were known before.

use super::feature::{Feature, Features};
use super::pool::{Mention, Named};
use super::{known, learned};
use throughline_embeddings::Vector;

/// What was learned of names, without and with a model that reads them.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    pub alone: Weights,
    pub read: Weights,
    /// SHA-256 of the embedding model whose states `read` is for.
    pub embedding_sha256: String,
}

impl Learned {
    /// What ships with the product: learned from all authors of the starter set.
    pub fn shipped() -> Self {
        Self {
            alone: learned::ALONE.weights(),
            read: learned::READ.weights(),
            embedding_sha256: learned::EMBEDDING_SHA256.to_owned(),
        }
    }
}

/// Weights of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// What each feature adds, in the order of [`Feature::ALL`].
    pub features: Vec<f32>,
    /// What each number of a name's state adds; empty where no model reads names.
    pub states: Vec<f32>,
    pub intercept: f32,
    /// From this score a name is another supplier.
    pub bar: f32,
}

impl Weights {
    /// What was known before any was learned.
    pub(super) fn known() -> Self {
        Self { features: by_feature(known::WEIGHTS), states: Vec::new(), intercept: known::INTERCEPT, bar: 0.0 }
    }

    /// Log-odds that a name is another supplier's.
    pub(super) fn score(&self, named: &Named) -> f64 {
        named
            .mentions
            .iter()
            .map(|mention| self.of_mention(mention, named))
            .reduce(f64::max)
            .unwrap_or(f64::NEG_INFINITY)
    }

    /// What is seen at the clearest mention, and over the call.
    pub(super) fn clearest<'n>(&self, named: &'n Named) -> (Features, Option<&'n Vector>) {
        let scored = named.mentions.iter().map(|mention| (self.of_mention(mention, named), mention));
        let clearest = scored.reduce(|a, b| if b.0 > a.0 { b } else { a });
        clearest.map_or((named.over_call, None), |(_, mention)| {
            (mention.features.and(named.over_call), mention.state.as_ref())
        })
    }

    fn of_mention(&self, mention: &Mention, named: &Named) -> f64 {
        let features = mention.features.and(named.over_call);
        let all = Feature::ALL.iter().zip(&self.features);
        let seen = all.filter(|(feature, _)| features.contains(**feature)).map(|(_, weight)| f64::from(*weight));
        let numbers = mention.state.iter().flat_map(|state| state.as_array());
        let read = numbers.zip(&self.states).map(|(number, weight)| f64::from(*number) * f64::from(*weight));
        f64::from(self.intercept) + seen.sum::<f64>() + read.sum::<f64>()
    }
}

/// Weights as they stand in a file.
pub(super) struct Listed {
    pub intercept: f32,
    pub bar: f32,
    pub features: &'static [(Feature, f32)],
    /// In thousandths.
    pub states: &'static [i16],
}

impl Listed {
    fn weights(&self) -> Weights {
        let Self { intercept, bar, features, states } = *self;
        let states = states.iter().map(|thousandths| f32::from(*thousandths) / 1000.0).collect();
        Weights { features: by_feature(features), states, intercept, bar }
    }
}

/// Weights in the order of [`Feature::ALL`]; those that are not listed are 0.
fn by_feature(listed: &[(Feature, f32)]) -> Vec<f32> {
    let of = |feature: &Feature| listed.iter().find(|(f, _)| f == feature).map_or(0.0, |(_, w)| *w);
    Feature::ALL.iter().map(of).collect()
}
