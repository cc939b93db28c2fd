//! How many nudges a rep gets at most. The week is every span of seven days, so a Sunday and the Monday after it share one.
//! A nudge counts in the week of the call that gave rise to it: a call imported months later spends nothing of this week.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

const WEEK: TimeDelta = TimeDelta::days(7);

/// The limits of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// For one call.
    pub per_call: u32,
    /// For a rep in any seven days.
    pub per_week: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { per_call: 2, per_week: 5 }
    }
}

impl Budget {
    /// How many nudges a call at `call_time` may still give rise to. `from_call` have been given for it already; `rep_times` are
    /// the times of the calls behind the rep's nudges, those of this call included; none further than a week away matters.
    pub fn remaining(self, call_time: DateTime<Utc>, from_call: usize, rep_times: &[DateTime<Utc>]) -> usize {
        let in_week_from =
            |start: DateTime<Utc>| rep_times.iter().filter(|t| **t >= start && **t < start + WEEK).count();
        // Calls arrive in any order, so later ones count too. The fullest week with this call in it starts at a call or here.
        let fullest = rep_times
            .iter()
            .copied()
            .filter(|t| *t > call_time - WEEK && *t < call_time)
            .chain([call_time])
            .map(in_week_from)
            .max()
            .unwrap_or_default();
        let left_of_call = (self.per_call as usize).saturating_sub(from_call);
        left_of_call.min((self.per_week as usize).saturating_sub(fullest))
    }

    /// The times that [`remaining`](Self::remaining) has to be told of.
    pub fn neighbourhood(call_time: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        (call_time - WEEK, call_time + WEEK)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hour(hours: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(1_770_000_000, 0).unwrap() + TimeDelta::hours(i64::from(hours))
    }

    #[test]
    fn the_sixth_nudge_of_a_week_waits_for_the_next() {
        let given = [hour(0), hour(0), hour(24), hour(24), hour(48)];
        assert_eq!(Budget::default().remaining(hour(72), 0, &given), 0);
        assert_eq!(Budget::default().remaining(hour(7 * 24), 0, &given), 2);
    }

    #[test]
    fn an_older_call_that_arrives_late_does_not_overfill_a_week_that_follows_it() {
        let given = [hour(100), hour(100), hour(120), hour(120)];
        assert_eq!(Budget::default().remaining(hour(90), 0, &given), 1);
    }

    proptest! {
        /// Calls of one rep in any order, the same call more than once, any limits.
        #[test]
        fn no_sequence_of_calls_passes_the_limits(
            calls in proptest::collection::vec(0..1_000_u32, 1..60), per_call in 0..4_u32, per_week in 0..7_u32,
        ) {
            let budget = Budget { per_call, per_week };
            let mut given: Vec<DateTime<Utc>> = Vec::new();
            for at in calls.into_iter().map(hour) {
                let of_call = given.iter().filter(|t| **t == at).count();
                let (from, to) = Budget::neighbourhood(at);
                let near: Vec<_> = given.iter().copied().filter(|t| *t > from && *t < to).collect();
                given.extend(std::iter::repeat_n(at, budget.remaining(at, of_call, &near)));
            }
            for start in &given {
                prop_assert!(given.iter().filter(|t| *t == start).count() <= per_call as usize);
                prop_assert!(given.iter().filter(|t| *t >= start && **t < *start + WEEK).count() <= per_week as usize);
            }
        }
    }
}
