//! How often a rep shows a behavior: counted over the calls where it applied, shrunken towards the team.

use super::beta::Beta;
use super::conduct::Conduct;

/// Calls where a behavior applied, and those of them where it was shown (for an avoid behavior: avoided). Calls where it did
/// not apply or can't be known are in neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    shown: u32,
    applicable: u32,
}

impl Tally {
    /// More shown than applicable counts as all.
    pub fn new(shown: u32, applicable: u32) -> Self {
        Self { shown: shown.min(applicable), applicable }
    }

    /// k.
    pub fn shown(self) -> u32 {
        self.shown
    }

    /// n.
    pub fn applicable(self) -> u32 {
        self.applicable
    }

    /// One more call.
    pub fn count(&mut self, conduct: Conduct) {
        if conduct.applied() {
            self.applicable += 1;
            self.shown += u32::from(conduct == Conduct::Shown);
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            shown: sum.shown + tally.shown,
            applicable: sum.applicable + tally.applicable,
        })
    }
}

/// A share with what it stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adoption {
    /// k and n.
    pub tally: Tally,
    /// The prior, fitted to the team.
    pub prior: Beta,
    /// Beta(a + k, b + n - k).
    pub posterior: Beta,
}

impl Adoption {
    /// By the calls of one rep and the team's prior.
    pub fn new(tally: Tally, prior: Beta) -> Self {
        Self { tally, prior, posterior: prior.observe(tally.shown, tally.applicable) }
    }

    /// The posterior's mean.
    pub fn mean(&self) -> f64 {
        self.posterior.mean()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::prior;

    #[test]
    fn unknown_and_not_applicable_calls_are_not_counted() {
        let mut tally = Tally::default();
        for conduct in [Conduct::Shown, Conduct::Unknown, Conduct::NotShown, Conduct::NotApplicable] {
            tally.count(conduct);
        }
        assert_eq!(tally, Tally::new(1, 2));
    }

    #[test]
    fn is_the_posterior_mean_of_the_counts_and_the_prior() {
        let adoption = Adoption::new(Tally::new(3, 4), Beta::UNIFORM);
        assert!((adoption.mean() - 4.0 / 6.0).abs() < 1e-12);
    }

    proptest! {
        /// Also when the prior is fitted anew, with the rep's own calls in it.
        #[test]
        fn showing_it_once_more_raises_adoption(
            others in proptest::collection::vec((0..30_u32, 0..30_u32), 0..6), n in 1..30_u32, share in 0.0..1.0_f64,
        ) {
            let k = (f64::from(n) * share) as u32;
            let adoption = |shown: u32| {
                let own = Tally::new(shown, n);
                let mut team: Vec<Tally> = others.iter().map(|(x, y)| Tally::new(*x.min(y), *x.max(y))).collect();
                team.push(own);
                Adoption::new(own, prior::fit(&team)).mean()
            };
            let (less, more) = (adoption(k), adoption(k + 1));
            prop_assert!(less > 0.0 && more < 1.0);
            prop_assert!(more > less, "{less} {more}");
        }
    }
}
