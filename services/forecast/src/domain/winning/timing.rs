//! When a deal that will be won closes: how long won deals of the workspace took from entering a stage to the close.

use std::collections::BTreeMap;

use crate::domain::cadence::quantile;
use crate::domain::stage::{Stage, Status};
use crate::domain::view::{DealView, days};

/// Days of won deals, by stage.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    /// From first entering the stage to the close, ascending.
    to_close: BTreeMap<Stage, Vec<f64>>,
    /// The stay in the stage itself that nine in ten did not exceed, and the number of stays.
    long_stays: BTreeMap<Stage, (f64, usize)>,
}

impl Durations {
    /// Won deals a stage must have for its durations to say when a deal closes.
    pub const LEAST_WON: usize = 20;
    /// Of them, those that took longer than the deal has already.
    pub const LEAST_LONGER: usize = 10;
    /// Stays a stage must have for one to be called long.
    pub const LEAST_STAYS: usize = 10;

    pub fn of_deals<'v, 'a: 'v>(deals: impl Iterator<Item = &'v DealView<'a>>) -> Self {
        let mut durations = Self::default();
        let mut stays = BTreeMap::new();
        for deal in deals.filter(|d| d.status == Status::Won) {
            let Some(closed_at) = deal.closed_at else { continue };
            let mut seen: Vec<&Stage> = Vec::new();
            let ends = deal.path.iter().skip(1).map(|v| v.entered_at).chain([closed_at]);
            for (visit, end) in deal.path.iter().zip(ends).filter(|(v, _)| v.status == Status::Open) {
                push(&mut stays, visit.stage, days(end - visit.entered_at));
                if !seen.contains(&visit.stage) {
                    seen.push(visit.stage);
                    push(&mut durations.to_close, visit.stage, days(closed_at - visit.entered_at));
                }
            }
        }
        for sample in durations.to_close.values_mut() {
            sample.sort_by(f64::total_cmp);
        }
        let enough = stays.into_iter().filter(|(_, sample)| sample.len() >= Self::LEAST_STAYS);
        durations.long_stays =
            enough.map(|(stage, mut sample)| (stage, (quantile(&mut sample, 0.9), sample.len()))).collect();
        durations
    }

    /// Of won deals that were still open `age_days` after entering the stage, the share that closed after `from_days` and up to
    /// `to_days`. `None` where too few are known.
    pub fn share_closing(&self, stage: &Stage, age_days: f64, from_days: f64, to_days: f64) -> Option<f64> {
        let sample = self.to_close.get(stage).filter(|s| s.len() >= Self::LEAST_WON)?;
        let over = |days: f64| sample.len() - sample.partition_point(|d| *d <= days);
        let longer = over(age_days);
        if longer < Self::LEAST_LONGER {
            return None;
        }
        let from = from_days.max(age_days);
        let inside = over(from) - over(to_days.max(from));
        #[expect(clippy::cast_precision_loss, reason = "counts of deals")]
        let share = inside as f64 / longer as f64;
        Some(share)
    }

    /// Are there enough won deals of the stage to say anything about when one closes?
    pub fn is_known(&self, stage: &Stage) -> bool {
        self.to_close.get(stage).is_some_and(|s| s.len() >= Self::LEAST_WON)
    }

    /// The stay that nine in ten won deals did not exceed, and the number of stays it is from.
    pub fn long_stay(&self, stage: &Stage) -> Option<(f64, usize)> {
        self.long_stays.get(stage).copied()
    }
}

fn push(samples: &mut BTreeMap<Stage, Vec<f64>>, stage: &Stage, days: f64) {
    // A history whose times run backwards says nothing about durations.
    if days < 0.0 {
        return;
    }
    match samples.get_mut(stage) {
        Some(sample) => sample.push(days),
        None => {
            samples.insert(stage.clone(), vec![days]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn durations(n: u32) -> (Stage, Durations) {
        let stage = Stage::parse("proposal").unwrap();
        let sample: Vec<f64> = (1..=n).map(f64::from).collect();
        (stage.clone(), Durations { to_close: [(stage, sample)].into(), ..Durations::default() })
    }

    #[test]
    fn successive_windows_add_up_to_everything() {
        let (stage, d) = durations(40);
        let share = |from, to| d.share_closing(&stage, 10.0, from, to).unwrap();
        let whole = share(10.0, 20.0) + share(20.0, 35.0) + share(35.0, f64::INFINITY);
        assert!((whole - 1.0).abs() < 1e-12);
        assert_eq!(share(0.0, 10.0), 0.0);
        assert!((share(0.0, 25.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn says_nothing_where_few_took_that_long() {
        let (stage, d) = durations(40);
        assert_eq!(d.share_closing(&stage, 31.0, 31.0, 90.0), None);
        assert_eq!(durations(19).1.share_closing(&stage, 0.0, 0.0, 90.0), None);
    }
}
