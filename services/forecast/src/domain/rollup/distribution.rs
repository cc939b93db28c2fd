//! Distribution of a sum of independent deals, each of which brings its amount with its probability or nothing.
//!
//! Exact where the amounts allow: on the lattice of their greatest common divisor, or by listing all outcomes of a few deals. Otherwise
//! on a lattice of at most [`POINTS`] steps onto which an amount is split so that its mean is kept; percentiles are then right to one
//! step. No random numbers: the same deals always give the same answer.

use crate::domain::money::Micros;

/// Steps of the lattice.
const POINTS: i128 = 8192;
/// Tails under this are cut: thousands of deals lose less than one part in ten billion, and a sum of many deals is far narrower than its
/// range.
const NEGLIGIBLE: f64 = 1e-15;
/// With this many deals or fewer all outcomes are listed.
const LISTED: usize = 12;

/// A distribution over amounts, in micros.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Ascending amounts with their probabilities.
    points: Vec<(i128, f64)>,
    resolution: i128,
}

impl Distribution {
    /// Of `certain` and of deals that come with a probability each. Probabilities outside of 0 to 1 are taken as the nearest of both.
    pub fn of(certain: i128, deals: &[(Micros, f64)]) -> Self {
        let mut base = certain;
        let mut open: Vec<(i128, f64)> = Vec::with_capacity(deals.len());
        for (amount, probability) in deals {
            let (amount, p) = (i128::from(amount.0), probability.clamp(0.0, 1.0));
            if amount == 0 || p == 0.0 {
                continue;
            }
            if p == 1.0 {
                base += amount;
            } else if amount < 0 {
                // A credit that comes with p is its full loss and, with 1 - p, its amount back.
                base += amount;
                open.push((-amount, 1.0 - p));
            } else {
                open.push((amount, p));
            }
        }
        let total: i128 = open.iter().map(|(amount, _)| amount).sum();
        let common = open.iter().fold(0, |g, (amount, _)| gcd(g, *amount));
        let (points, resolution) = if common > 0 && total / common > POINTS {
            if open.len() <= LISTED { (listed(&open), 0) } else { on_lattice(&open, total, total / POINTS + 1) }
        } else {
            let (points, _) = on_lattice(&open, total, common.max(1));
            (points, 0)
        };
        Self { points: points.into_iter().map(|(amount, p)| (base + amount, p)).collect(), resolution }
    }

    /// The least amount that is not exceeded with a probability of at least `q`.
    pub fn quantile(&self, q: f64) -> i128 {
        // Sums of many small probabilities miss the last digits.
        let wanted = q - 1e-12;
        let mut reached = 0.0;
        for (amount, p) in &self.points {
            reached += p;
            if reached >= wanted {
                return *amount;
            }
        }
        self.points.last().map_or(0, |(amount, _)| *amount)
    }

    /// Quantiles are right to this much; 0 where they are exact.
    pub fn resolution(&self) -> i128 {
        self.resolution
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Every outcome of a few deals.
fn listed(deals: &[(i128, f64)]) -> Vec<(i128, f64)> {
    let mut points = vec![(0_i128, 1.0)];
    for (amount, p) in deals {
        let without = points.iter().map(|(sum, q)| (*sum, q * (1.0 - p)));
        let with = points.iter().map(|(sum, q)| (sum + amount, q * p));
        points = without.chain(with).collect();
    }
    points.sort_by_key(|(sum, _)| *sum);
    points
}

/// Adds the deals one by one on multiples of `step`.
#[expect(clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "offsets and remainders are positive and small")]
fn on_lattice(deals: &[(i128, f64)], total: i128, step: i128) -> (Vec<(i128, f64)>, i128) {
    // Splitting may carry each deal one point further than its amount.
    let mut mass = vec![0.0; (total / step) as usize + deals.len() + 2];
    mass[0] = 1.0;
    // What lies outside of `low..=top` is nothing, or too little to matter.
    let (mut low, mut top) = (0, 0);
    for (amount, p) in deals {
        let offset = (amount / step) as usize;
        let upper = p * ((amount % step) as f64 / step as f64);
        let lower = p - upper;
        top += offset + usize::from(upper > 0.0);
        for at in (low..=top).rev() {
            let mut sum = mass[at] * (1.0 - p);
            if at >= offset {
                sum += mass[at - offset] * lower;
            }
            if at > offset {
                sum += mass[at - offset - 1] * upper;
            }
            mass[at] = sum;
        }
        while low < top && mass[low] < NEGLIGIBLE {
            mass[low] = 0.0;
            low += 1;
        }
        while low < top && mass[top] < NEGLIGIBLE {
            mass[top] = 0.0;
            top -= 1;
        }
    }
    let points = mass.into_iter().take(top + 1).enumerate();
    (points.filter(|(_, p)| *p > 0.0).map(|(at, p)| (at as i128 * step, p)).collect(), step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amounts() -> impl Strategy<Value = Vec<(Micros, f64)>> {
        prop::collection::vec((-5_000_000_i64..900_000_000_000, 0.0..=1.0_f64).prop_map(|(a, p)| (Micros(a), p)), 0..40)
    }

    #[test]
    fn one_deal_comes_or_does_not() {
        let d = Distribution::of(7, &[(Micros(100), 0.3)]);
        assert_eq!([d.quantile(0.1), d.quantile(0.5), d.quantile(0.7), d.quantile(0.9)], [7, 7, 7, 107]);
        assert_eq!(d.resolution(), 0);
    }

    #[test]
    fn no_deals_are_a_certainty() {
        let d = Distribution::of(42, &[]);
        assert_eq!([d.quantile(0.1), d.quantile(0.9)], [42, 42]);
    }

    #[test]
    fn equal_deals_are_binomial() {
        // Binomial(10, 0.5): P(X <= 3) = 0.1719, P(X <= 2) = 0.0547; P(X <= 7) = 0.9453.
        let d = Distribution::of(0, &[(Micros(1_000), 0.5); 10]);
        assert_eq!([d.quantile(0.1), d.quantile(0.5), d.quantile(0.9)], [3_000, 5_000, 7_000]);
    }

    #[test]
    fn odd_amounts_of_many_deals_are_right_to_the_resolution() {
        let deals: Vec<_> = (0..300_i64).map(|i| (Micros(100_000_007 + i * 7_919), 0.3)).collect();
        let d = Distribution::of(0, &deals);
        let step = d.resolution();
        assert!(step > 0);
        // The normal approximation of 300 equal deals: 90 +- 1.2816 * 7.937 deals.
        let unit = 101_184_000.0;
        for (q, wanted) in [(0.1, 90.0 - 10.17), (0.5, 90.0), (0.9, 90.0 + 10.17)] {
            let got = d.quantile(q) as f64 / unit;
            assert!((got - wanted).abs() < 1.0, "{q}: {got} {wanted}");
        }
    }

    proptest! {
        #[test]
        fn percentiles_are_in_order_and_inside_the_range(deals in amounts(), certain in 0_i64..1_000_000_000) {
            let d = Distribution::of(i128::from(certain), &deals);
            let [p10, p50, p90] = [0.1, 0.5, 0.9].map(|q| d.quantile(q));
            prop_assert!(p10 <= p50 && p50 <= p90);
            let low: i128 = deals.iter().map(|(a, _)| i128::from(a.0.min(0))).sum();
            let high: i128 = deals.iter().map(|(a, _)| i128::from(a.0.max(0))).sum();
            let slack = d.resolution() * 41;
            prop_assert!(i128::from(certain) + low <= p10 && p90 <= i128::from(certain) + high + slack);
        }

        #[test]
        fn the_mass_is_one_and_its_mean_is_kept(deals in amounts()) {
            let d = Distribution::of(0, &deals);
            let mass: f64 = d.points.iter().map(|(_, p)| p).sum();
            let mean: f64 = d.points.iter().map(|(a, p)| *a as f64 * p).sum();
            let wanted: f64 = deals.iter().map(|(a, p)| a.0 as f64 * p).sum();
            prop_assert!((mass - 1.0).abs() < 1e-9);
            prop_assert!((mean - wanted).abs() <= 1e-6 * wanted.abs() + 10.0, "{mean} {wanted}");
        }
    }

    #[test]
    fn the_order_of_deals_changes_nothing() {
        let mut deals: Vec<_> = (1..30_i64).map(|i| (Micros(i * 1_234_567), 0.02 * i as f64)).collect();
        let forward = Distribution::of(0, &deals).quantile(0.9);
        deals.reverse();
        let backward = Distribution::of(0, &deals);
        assert!((backward.quantile(0.9) - forward).abs() <= backward.resolution());
        assert!(u32::try_from(forward / 1_000).unwrap() > 0);
    }
}
