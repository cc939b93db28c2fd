//! How often the sides of a workspace's deals usually speak: the median gap between two-way contacts, by segment.

use std::collections::BTreeMap;

use super::view::{DealView, days};

/// A median with the number of gaps it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    pub median_days: f64,
    pub n: usize,
    /// Segment; empty for the whole workspace.
    pub segment: String,
}

impl Usual {
    pub fn scope(&self) -> &str {
        if self.segment.is_empty() { "the workspace" } else { &self.segment }
    }
}

/// Median gaps by segment and over all.
#[derive(Clone, Debug, Default)]
pub struct Cadence {
    by_segment: BTreeMap<String, Usual>,
    overall: Option<Usual>,
}

impl Cadence {
    /// Fewer gaps make no median that anything is held against.
    pub const LEAST_GAPS: usize = 5;

    pub fn of_deals<'v, 'a: 'v>(deals: impl Iterator<Item = &'v DealView<'a>>) -> Self {
        let mut gaps: BTreeMap<&'a str, Vec<f64>> = BTreeMap::new();
        for deal in deals {
            let contacts: Vec<_> = deal.contacts().collect();
            let of_segment = gaps.entry(deal.segment()).or_default();
            of_segment.extend(contacts.windows(2).map(|pair| days(pair[1] - pair[0])));
        }
        let overall = usual("", gaps.values().flatten().copied().collect());
        let by_segment = gaps.into_iter().filter(|(segment, _)| !segment.is_empty());
        let by_segment = by_segment.filter_map(|(segment, gaps)| Some((segment.to_owned(), usual(segment, gaps)?)));
        Self { by_segment: by_segment.collect(), overall }
    }

    /// The segment's, else the workspace's; `None` where both have too few.
    pub fn of(&self, segment: &str) -> Option<&Usual> {
        self.by_segment.get(segment).or(self.overall.as_ref())
    }
}

fn usual(segment: &str, mut gaps: Vec<f64>) -> Option<Usual> {
    if gaps.len() < Cadence::LEAST_GAPS {
        return None;
    }
    Some(Usual { median_days: quantile(&mut gaps, 0.5), n: gaps.len(), segment: segment.to_owned() })
}

/// Quantile of a non-empty sample by linear interpolation between order statistics; 0 of an empty one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "indexes into a slice"
)]
pub fn quantile(sample: &mut [f64], q: f64) -> f64 {
    if sample.is_empty() {
        return 0.0;
    }
    sample.sort_by(f64::total_cmp);
    let at = q.clamp(0.0, 1.0) * (sample.len() - 1) as f64;
    let (low, high) = (sample[at.floor() as usize], sample[at.ceil() as usize]);
    low + (high - low) * at.fract()
}
