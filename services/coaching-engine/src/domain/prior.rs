//! The prior of a behavior's adoption, fitted to the team (empirical Bayes).
//!
//! Each rep's share is taken as a draw from one Beta(a, b), its calls as draws from that share, so k of n is beta-binomial. The
//! prior is where the marginal likelihood over all reps, times a weak penalty, is highest. Written by mean m = a / (a + b) and
//! concentration s = a + b, the penalty is m (1 - m), which keeps the mean off 0 and 1 where nobody or everybody shows the
//! behavior, and a log-normal on s around [`TYPICAL_CONCENTRATION`], which keeps s finite where the reps differ by no more than
//! chance. With fewer than [`MIN_REPS`] reps a team says nothing about how reps differ, and a prior fitted to one rep would count
//! that rep's calls twice: then it is the uniform Beta(1, 1).

use super::adoption::Tally;
use super::beta::Beta;

/// Reps with calls of their own below which nothing is fitted.
pub const MIN_REPS: usize = 3;
/// The centre of the penalty on the concentration: a prior worth this many calls.
pub const TYPICAL_CONCENTRATION: f64 = 4.0;
/// Its standard deviation on the log scale: a factor of e either way.
const LOG_CONCENTRATION_SPREAD: f64 = 1.0;
/// The prior's mean stays in here, its concentration too, so that an interval always holds its mean.
const MEANS: (f64, f64) = (0.03, 0.97);
const CONCENTRATIONS: (f64, f64) = (2.0, 200.0);
/// Steps of the first, coarse search over the log of the concentration.
const GRID: u32 = 12;
/// Steps of the golden section that follows, each leaving 0.62 of the bracket.
const GOLDEN_STEPS: u32 = 20;
/// Most steps for the mean at a fixed concentration; a handful is usual.
const NEWTON_STEPS: u32 = 60;
/// A step for the mean below which it is found.
const NEWTON_DONE: f64 = 1e-12;

/// The prior for one behavior from the calls of every rep of the team.
pub fn fit(team: &[Tally]) -> Beta {
    let counts = Exceedances::of(team);
    if counts.reps < MIN_REPS {
        return Beta::UNIFORM;
    }
    let score = |log_s: f64| counts.objective(counts.best_mean(log_s.exp()), log_s.exp());
    let (low, high) = (CONCENTRATIONS.0.ln(), CONCENTRATIONS.1.ln());
    let step = (high - low) / f64::from(GRID);
    let coarse = (0..=GRID)
        .map(|i| low + step * f64::from(i))
        .map(|log_s| (log_s, score(log_s)))
        .max_by(|(_, x), (_, y)| x.total_cmp(y))
        .map_or_else(|| TYPICAL_CONCENTRATION.ln(), |(log_s, _)| log_s);
    let log_s = golden_maximum((coarse - step).max(low), (coarse + step).min(high), score);
    Beta::of_mean(counts.best_mean(log_s.exp()), log_s.exp()).unwrap_or(Beta::UNIFORM)
}

/// How many reps have more than j calls where it was shown, where it was not, and in all. The likelihood of a rep is a product
/// over j, so these sums are all it takes, however many reps there are.
struct Exceedances {
    reps: usize,
    shown: Vec<f64>,
    not_shown: Vec<f64>,
    applicable: Vec<f64>,
}

impl Exceedances {
    fn of(team: &[Tally]) -> Self {
        let with_calls: Vec<&Tally> = team.iter().filter(|tally| tally.applicable() > 0).collect();
        Self {
            reps: with_calls.len(),
            shown: more_than(with_calls.iter().map(|tally| tally.shown())),
            not_shown: more_than(with_calls.iter().map(|tally| tally.applicable() - tally.shown())),
            applicable: more_than(with_calls.iter().map(|tally| tally.applicable())),
        }
    }

    /// Log marginal likelihood plus the log penalty, without constants.
    fn objective(&self, mean: f64, concentration: f64) -> f64 {
        let away = (concentration / TYPICAL_CONCENTRATION).ln() / LOG_CONCENTRATION_SPREAD;
        log_rising(&self.shown, mean * concentration) + log_rising(&self.not_shown, (1.0 - mean) * concentration)
            - log_rising(&self.applicable, concentration)
            + mean.ln()
            + (1.0 - mean).ln()
            - away * away / 2.0
    }

    /// The mean that fits best at this concentration: where the derivative, which falls throughout, is zero. Newton's steps,
    /// halving the bracket instead where one would leave it.
    fn best_mean(&self, concentration: f64) -> f64 {
        let (mut low, mut high) = MEANS;
        let mut mean = f64::midpoint(low, high);
        for _ in 0..NEWTON_STEPS {
            let (slope, fall) = self.slope(mean, concentration);
            if slope > 0.0 {
                low = mean;
            } else {
                high = mean;
            }
            let newton = mean + slope / fall;
            let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
            if (next - mean).abs() < NEWTON_DONE {
                return next;
            }
            mean = next;
        }
        mean
    }

    /// The derivative of the objective by the mean, and how fast it falls there.
    fn slope(&self, mean: f64, concentration: f64) -> (f64, f64) {
        let (shown, shown_fall) = slope_of_log_rising(&self.shown, mean * concentration);
        let (not_shown, not_shown_fall) = slope_of_log_rising(&self.not_shown, (1.0 - mean) * concentration);
        let (up, down) = (1.0 / mean, 1.0 / (1.0 - mean));
        (
            concentration * (shown - not_shown) + up - down,
            concentration * concentration * (shown_fall + not_shown_fall) + up * up + down * down,
        )
    }
}

/// `out[j]`: how many of the counts are over j.
fn more_than(counts: impl Iterator<Item = u32>) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::new();
    for count in counts {
        let count = count as usize;
        if out.len() < count {
            out.resize(count, 0.0);
        }
        for reps in &mut out[..count] {
            *reps += 1.0;
        }
    }
    out
}

/// The sum over reps of ln(x (x + 1) … (x + count - 1)).
fn log_rising(more_than: &[f64], x: f64) -> f64 {
    let mut j = 0.0;
    let mut sum = 0.0;
    for reps in more_than {
        sum += reps * (x + j).ln();
        j += 1.0;
    }
    sum
}

/// Its derivative by x, and how fast that falls.
fn slope_of_log_rising(more_than: &[f64], x: f64) -> (f64, f64) {
    let mut at = x;
    let (mut slope, mut fall) = (0.0, 0.0);
    for reps in more_than {
        slope += reps / at;
        fall += reps / (at * at);
        at += 1.0;
    }
    (slope, fall)
}

/// Golden-section search; the function has one maximum in the bracket.
fn golden_maximum(mut low: f64, mut high: f64, score: impl Fn(f64) -> f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (score(left), score(right));
    for _ in 0..GOLDEN_STEPS {
        if at_left < at_right {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = score(right);
        } else {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = score(left);
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn team(shown_of: &[(u32, u32)]) -> Vec<Tally> {
        shown_of.iter().map(|(shown, applicable)| Tally::new(*shown, *applicable)).collect()
    }

    #[test]
    fn two_reps_are_no_team() {
        assert_eq!(fit(&team(&[(9, 10), (1, 10), (0, 0), (0, 0)])), Beta::UNIFORM);
    }

    #[test]
    fn a_team_of_like_reps_gives_a_tight_prior_at_its_share() {
        let prior = fit(&team(&[(30, 100); 12]));
        assert!((prior.mean() - 0.3).abs() < 0.02, "{prior:?}");
        assert!(prior.a() + prior.b() > 30.0, "{prior:?}");
    }

    #[test]
    fn a_divided_team_gives_a_loose_prior() {
        let prior = fit(&team(&[(95, 100), (5, 100), (90, 100), (10, 100), (97, 100), (3, 100)]));
        assert!((prior.mean() - 0.5).abs() < 0.1, "{prior:?}");
        assert!(prior.a() + prior.b() < 5.0, "{prior:?}");
    }

    #[test]
    fn a_behavior_that_nobody_shows_keeps_a_prior_off_zero() {
        let prior = fit(&team(&[(0, 20); 5]));
        assert!(prior.mean() >= 0.03 && prior.mean() < 0.12, "{prior:?}");
    }

    #[test]
    fn finds_the_maximum_that_a_plain_scan_finds() {
        let reps = team(&[(3, 9), (5, 7), (0, 4), (8, 11), (2, 2)]);
        let counts = Exceedances::of(&reps);
        let found = fit(&reps);
        let at_found = counts.objective(found.mean(), found.a() + found.b());
        for m in 4..97 {
            for s in 0..100 {
                let concentration = 2.0 * 100.0_f64.powf(f64::from(s) / 100.0);
                assert!(counts.objective(f64::from(m) / 100.0, concentration) <= at_found + 1e-8);
            }
        }
    }

    proptest! {
        #[test]
        fn is_always_a_distribution_inside_its_bounds(counts in proptest::collection::vec((0..60_u32, 0..60_u32), 0..12)) {
            let reps: Vec<Tally> = counts.iter().map(|(x, y)| Tally::new(*x.min(y), *x.max(y))).collect();
            let prior = fit(&reps);
            prop_assert!(prior.a() >= 0.05 && prior.b() >= 0.05);
            prop_assert!(prior.mean() > 0.0 && prior.mean() < 1.0);
            prop_assert!(prior.a() + prior.b() <= 201.0);
        }

        #[test]
        fn does_not_depend_on_the_order_of_reps(counts in proptest::collection::vec((0..20_u32, 0..20_u32), 3..8)) {
            let mut reps: Vec<Tally> = counts.iter().map(|(x, y)| Tally::new(*x.min(y), *x.max(y))).collect();
            let forward = fit(&reps);
            reps.reverse();
            prop_assert_eq!(forward, fit(&reps));
        }
    }
}
