//! Bookings of a period: the distribution over the workspace, its segments and its reps, in each currency.
//!
//! Won deals of the period are certain. An open deal is won with its base rate and then closes in the period with the share of won deals
//! that did from the same stage and age; deals are taken as independent of each other. That makes the range too narrow where
//! a quarter goes well or badly as a whole; a shock common to all deals can be fitted once past quarters are on record.
//! Means are kept in integers, so the parts add up to the whole to the last digit.

mod distribution;
mod expected;
mod period;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use distribution::Distribution;
pub use expected::{Category, Chance, Expected, LeftOut, Timing, place};
pub use period::Period;

use super::money::{Currency, Micros};
use super::view::DealView;
use super::winning::{BaseRates, Durations};

/// What a roll-up is by. The order is the one they are listed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Workspace,
    Segment,
    Rep,
}

/// Bookings of a group of deals in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollup {
    pub level: Level,
    /// Segment or rep; empty for the workspace and where the CRM has none.
    pub key: String,
    pub currency: Currency,
    pub deals: u32,
    /// Deals among them without an amount.
    pub unpriced: u32,
    pub won: i128,
    /// `None` where a deal without a probability is in the group: what is won alone would be no forecast.
    pub outlook: Option<Outlook>,
    pub commit: i128,
    pub best_case: i128,
    pub pipeline: i128,
}

/// The distribution of a group's bookings, in micros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    pub mean: i128,
    pub p10: i128,
    pub p50: i128,
    pub p90: i128,
    pub resolution: i128,
    pub expected_wins: f64,
}

/// All roll-ups of a period, and the open deals that are in none.
#[derive(Clone, Debug, PartialEq)]
pub struct Bookings {
    pub rollups: Vec<Rollup>,
    pub left_out: BTreeMap<LeftOut, u32>,
    /// Open deals in the period by what said when they close.
    pub timed_by_durations: u32,
    pub timed_by_close_date: u32,
}

/// Rolls deals up.
pub fn bookings<'v, 'a: 'v>(
    deals: impl Iterator<Item = &'v DealView<'a>>,
    period: Period,
    rates: &BaseRates,
    durations: &Durations,
) -> Bookings {
    let mut groups: BTreeMap<(Level, &'a str, Currency), Group> = BTreeMap::new();
    let mut left_out = BTreeMap::new();
    let (mut timed_by_durations, mut timed_by_close_date) = (0, 0);
    for placed in deals.filter_map(|deal| place(deal, period, rates, durations)) {
        let expected = match placed {
            Ok(expected) => expected,
            Err(reason) => {
                *left_out.entry(reason).or_insert(0) += 1;
                continue;
            }
        };
        match expected.timing {
            Timing::StageDurations => timed_by_durations += 1,
            Timing::CloseDate => timed_by_close_date += 1,
            Timing::Booked => {}
        }
        for (level, key) in [(Level::Workspace, ""), (Level::Segment, expected.segment), (Level::Rep, expected.rep)] {
            groups.entry((level, key, expected.currency.clone())).or_default().add(&expected);
        }
    }
    let rollups = groups.into_iter().map(|((level, key, currency), group)| group.roll_up(level, key, currency));
    Bookings { rollups: rollups.collect(), left_out, timed_by_durations, timed_by_close_date }
}

#[derive(Default)]
struct Group {
    deals: u32,
    unpriced: u32,
    won: i128,
    open: Vec<(Micros, f64)>,
    mean: i128,
    wins: f64,
    unknown: bool,
    by_category: [i128; 3],
}

impl Group {
    fn add(&mut self, deal: &Expected<'_>) {
        self.deals += 1;
        self.unpriced += u32::from(deal.amount.is_none());
        let amount = deal.amount.unwrap_or(Micros(0));
        match deal.chance {
            Chance::Won => {
                self.won += i128::from(amount.0);
                self.wins += 1.0;
                return;
            }
            Chance::Open(probability) => {
                self.open.push((amount, probability));
                self.mean += weighted(amount, probability);
                self.wins += probability;
            }
            Chance::Unknown => self.unknown = true,
        }
        let slot = match deal.category {
            Category::Commit => 0,
            Category::BestCase => 1,
            Category::Pipeline => 2,
            Category::Omitted => return,
        };
        self.by_category[slot] += i128::from(amount.0);
    }

    fn roll_up(self, level: Level, key: &str, currency: Currency) -> Rollup {
        let outlook = (!self.unknown).then(|| {
            let distribution = Distribution::of(self.won, &self.open);
            Outlook {
                mean: self.won + self.mean,
                p10: distribution.quantile(0.1),
                p50: distribution.quantile(0.5),
                p90: distribution.quantile(0.9),
                resolution: distribution.resolution(),
                expected_wins: self.wins,
            }
        });
        let [commit, best_case, pipeline] = self.by_category;
        let key = key.to_owned();
        Rollup {
            level,
            key,
            currency,
            deals: self.deals,
            unpriced: self.unpriced,
            won: self.won,
            outlook,
            commit,
            best_case,
            pipeline,
        }
    }
}

/// A deal's part of the mean, rounded once, so that it is the same in every group the deal is in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "at most 1e18, and a probability is at most 1"
)]
fn weighted(amount: Micros, probability: f64) -> i128 {
    (amount.0 as f64 * probability).round() as i128
}
