//! What an outcome says about the rep, once the behavior's polarity is taken into account.

/// What the evaluator found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It happened.
    Observed,
    /// It applied and did not happen.
    Missed,
    /// It did not apply to the call.
    NotApplicable,
    /// It can't be known.
    Unknown,
}

/// Is a behavior wanted?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// A rep should do it.
    Seek,
    /// A rep should not do it.
    Avoid,
}

/// Did the rep do as the playbook asks?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conduct {
    /// Done what is wanted, or left what is not.
    Shown,
    /// The opposite.
    NotShown,
    /// The call gave no occasion.
    NotApplicable,
    /// It can't be known; counts nowhere.
    Unknown,
}

impl Conduct {
    /// For an avoid behavior the observed case is the bad one.
    pub fn of(outcome: Outcome, polarity: Polarity) -> Self {
        match (outcome, polarity) {
            (Outcome::Observed, Polarity::Seek) | (Outcome::Missed, Polarity::Avoid) => Self::Shown,
            (Outcome::Observed, Polarity::Avoid) | (Outcome::Missed, Polarity::Seek) => Self::NotShown,
            (Outcome::NotApplicable, _) => Self::NotApplicable,
            (Outcome::Unknown, _) => Self::Unknown,
        }
    }

    /// Does the call count in n?
    pub fn applied(self) -> bool {
        matches!(self, Self::Shown | Self::NotShown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observing_an_avoid_behavior_is_the_bad_case() {
        assert_eq!(Conduct::of(Outcome::Observed, Polarity::Avoid), Conduct::NotShown);
        assert_eq!(Conduct::of(Outcome::Missed, Polarity::Avoid), Conduct::Shown);
        assert_eq!(Conduct::of(Outcome::Observed, Polarity::Seek), Conduct::Shown);
    }

    #[test]
    fn what_did_not_apply_or_is_unknown_counts_nowhere() {
        for polarity in [Polarity::Seek, Polarity::Avoid] {
            assert!(!Conduct::of(Outcome::NotApplicable, polarity).applied());
            assert!(!Conduct::of(Outcome::Unknown, polarity).applied());
        }
    }
}
