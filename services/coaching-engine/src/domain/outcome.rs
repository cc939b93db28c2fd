//! What became of a nudge: decided by the rep's next call where the behavior applied.

use chrono::{DateTime, Utc};

use super::conduct::Conduct;
use super::id::CallId;

/// What became of a nudge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NudgeOutcome {
    /// No later call where the behavior applied.
    #[default]
    Pending,
    /// Decided.
    Decided {
        /// It was shown.
        shown: bool,
        /// By this call.
        by: CallId,
        /// Which took place then.
        at: DateTime<Utc>,
    },
}

/// A call of the rep with what it shows of the behavior.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The call.
    pub call: CallId,
    /// When it took place.
    pub at: DateTime<Utc>,
    /// What it shows.
    pub conduct: Conduct,
}

/// The outcome of a nudge from a call at `call_time`, by the rep's calls in any order.
pub fn decide<'a>(call_time: DateTime<Utc>, calls: impl IntoIterator<Item = &'a Occasion>) -> NudgeOutcome {
    calls
        .into_iter()
        .filter(|call| call.at > call_time && call.conduct.applied())
        .min_by(|a, b| (a.at, &a.call).cmp(&(b.at, &b.call)))
        .map_or(NudgeOutcome::Pending, |call| NudgeOutcome::Decided {
            shown: call.conduct == Conduct::Shown,
            by: call.call.clone(),
            at: call.at,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Id;
    use crate::domain::testing::day;

    fn occasion(call: &str, on: i64, conduct: Conduct) -> Occasion {
        Occasion { call: Id::new(call), at: day(on), conduct }
    }

    #[test]
    fn the_next_call_where_it_applied_decides() {
        let calls = [
            occasion("c5", 5, Conduct::Shown),
            occasion("c3", 3, Conduct::NotShown),
            occasion("c2", 2, Conduct::NotApplicable),
            occasion("c1", 0, Conduct::Shown),
        ];
        let expected = NudgeOutcome::Decided { shown: false, by: Id::new("c3"), at: day(3) };
        assert_eq!(decide(day(0), &calls), expected);
    }

    #[test]
    fn without_an_occasion_it_stays_pending() {
        let calls = [occasion("c2", 2, Conduct::Unknown), occasion("c0", -1, Conduct::Shown)];
        assert_eq!(decide(day(0), &calls), NudgeOutcome::Pending);
    }
}
