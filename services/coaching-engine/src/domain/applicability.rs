//! How likely it is that a behavior applies in the rep's next call.

/// How many calls the team's share is worth beside the rep's own.
const TEAM_WORTH_CALLS: f64 = 4.0;

/// Calls where it is known whether the behavior applied, and those where it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occasions {
    /// It applied.
    pub applied: u32,
    /// It applied or did not; calls where it can't be known are left out.
    pub known: u32,
}

impl Occasions {
    /// One more call, by its conduct.
    #[must_use]
    pub fn plus(self, applied: bool) -> Self {
        Self { applied: self.applied + u32::from(applied), known: self.known + 1 }
    }
}

/// The rep's share of calls where it applied, shrunken towards the team's, and that towards a half where there are few calls.
pub fn applies_probability(rep: Occasions, team: Occasions) -> f64 {
    let of_team = (f64::from(team.applied) + 1.0) / (f64::from(team.known) + 2.0);
    (f64::from(rep.applied) + TEAM_WORTH_CALLS * of_team) / (f64::from(rep.known) + TEAM_WORTH_CALLS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leans_on_the_team_until_the_rep_has_calls() {
        let team = Occasions { applied: 8, known: 8 };
        assert!((applies_probability(Occasions::default(), team) - 0.9).abs() < 1e-12);
        assert!(applies_probability(Occasions { applied: 0, known: 40 }, team) < 0.1);
    }

    proptest! {
        #[test]
        fn is_a_probability(a in 0..500_u32, b in 0..500_u32, c in 0..500_u32, d in 0..500_u32) {
            let p = applies_probability(
                Occasions { applied: a.min(b), known: a.max(b) },
                Occasions { applied: c.min(d), known: c.max(d) },
            );
            prop_assert!(p > 0.0 && p < 1.0);
        }
    }
}
