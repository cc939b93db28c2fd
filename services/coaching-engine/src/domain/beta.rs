//! The Beta distribution as the posterior of a share.

use statrs::distribution::{Beta as Distribution, ContinuousCDF};

/// Both tails left out of a 90 % interval.
const TAIL: f64 = 0.05;
/// Bisections that pin a quantile to under 1e-12.
const BISECTIONS: u32 = 42;

/// Parameters of a Beta distribution, both over 0 and finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// Nothing known: every share is as likely.
    pub const UNIFORM: Self = Self { a: 1.0, b: 1.0 };

    /// None unless both parameters are finite and over 0.
    pub fn new(a: f64, b: f64) -> Option<Self> {
        (a.is_finite() && b.is_finite() && a > 0.0 && b > 0.0).then_some(Self { a, b })
    }

    /// By its mean, in (0, 1), and its concentration a + b: how many calls it is worth.
    pub fn of_mean(mean: f64, concentration: f64) -> Option<Self> {
        Self::new(mean * concentration, (1.0 - mean) * concentration)
    }

    /// After `shown` of `applicable` calls; more shown than applicable counts as all.
    #[must_use]
    pub fn observe(self, shown: u32, applicable: u32) -> Self {
        let shown = shown.min(applicable);
        Self { a: self.a + f64::from(shown), b: self.b + f64::from(applicable - shown) }
    }

    /// First parameter.
    pub fn a(self) -> f64 {
        self.a
    }

    /// Second parameter.
    pub fn b(self) -> f64 {
        self.b
    }

    /// Mean.
    pub fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The equal-tailed 90 % interval. Where it is so skewed that the mean falls outside, the nearer end is moved to the mean.
    pub fn interval(self) -> (f64, f64) {
        let mean = self.mean();
        (self.quantile(TAIL).min(mean), self.quantile(1.0 - TAIL).max(mean))
    }

    /// Bisection on the distribution function: slower than the library's inverse, but right for every shape.
    fn quantile(self, share: f64) -> f64 {
        let Ok(distribution) = Distribution::new(self.a, self.b) else { return self.mean() };
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for _ in 0..BISECTIONS {
            let middle = f64::midpoint(low, high);
            if distribution.cdf(middle) < share {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn interval_agrees_with_published_quantiles() {
        // Beta(1, 1) is uniform; Beta(2, 1) has the distribution function x²; Beta(3, 7): R's qbeta(c(.05, .95), 3, 7).
        let (low, high) = Beta::UNIFORM.interval();
        assert!((low - 0.05).abs() < 1e-9 && (high - 0.95).abs() < 1e-9);
        let (low, high) = Beta::new(2.0, 1.0).unwrap().interval();
        assert!((low - 0.05_f64.sqrt()).abs() < 1e-9 && (high - 0.95_f64.sqrt()).abs() < 1e-9);
        let (low, high) = Beta::new(3.0, 7.0).unwrap().interval();
        assert!((low - 0.097_746_88).abs() < 1e-6 && (high - 0.549_641_9).abs() < 1e-6, "{low} {high}");
    }

    #[test]
    fn refuses_parameters_that_are_no_distribution() {
        assert!(Beta::new(0.0, 1.0).is_none());
        assert!(Beta::new(1.0, f64::NAN).is_none());
        assert!(Beta::of_mean(1.0, 4.0).is_none());
    }

    proptest! {
        #[test]
        fn mean_is_inside_the_open_unit_interval_and_inside_its_own(
            a in 0.02..400.0_f64, b in 0.02..400.0_f64, n in 0..2_000_u32, share in 0.0..=1.0_f64,
        ) {
            let k = (f64::from(n) * share) as u32;
            let posterior = Beta::new(a, b).unwrap().observe(k, n);
            let (low, high) = posterior.interval();
            prop_assert!(posterior.mean() > 0.0 && posterior.mean() < 1.0);
            prop_assert!(0.0 <= low && low <= posterior.mean() && posterior.mean() <= high && high <= 1.0);
        }

        #[test]
        fn one_more_call_where_it_was_shown_never_lowers_the_share(
            a in 0.02..400.0_f64, b in 0.02..400.0_f64, n in 1..500_u32, share in 0.0..1.0_f64,
        ) {
            let k = (f64::from(n) * share) as u32;
            let prior = Beta::new(a, b).unwrap();
            let (less, more) = (prior.observe(k, n), prior.observe(k + 1, n));
            prop_assert!(more.mean() > less.mean());
            prop_assert!(more.interval().0 >= less.interval().0 - 1e-9);
            prop_assert!(more.interval().1 >= less.interval().1 - 1e-9);
        }
    }
}
