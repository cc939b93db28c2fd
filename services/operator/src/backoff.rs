//! How long to wait before the next try, by resource and class of failure.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use serde::{Deserialize, Serialize};

use crate::failure::Class;

/// `[backoff]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackoffConfig {
    /// First wait where the evaluator, or Kubernetes, is away or refuses.
    #[serde(with = "humantime_serde")]
    pub evaluator_first: Duration,
    /// Longest such wait.
    #[serde(with = "humantime_serde")]
    pub evaluator_longest: Duration,
    /// First wait after a conflict of writes.
    #[serde(with = "humantime_serde")]
    pub conflict_first: Duration,
    /// Longest such wait.
    #[serde(with = "humantime_serde")]
    pub conflict_longest: Duration,
}

/// The tries of each resource of one kind.
pub struct Backoffs {
    config: BackoffConfig,
    /// Of the jitter; none for a random one.
    seed: Option<u64>,
    running: Mutex<HashMap<String, (Class, ExponentialBackoff)>>,
}

impl Backoffs {
    /// With nothing failed yet.
    #[must_use]
    pub fn new(config: BackoffConfig, seed: Option<u64>) -> Self {
        Self { config, seed, running: Mutex::default() }
    }

    /// The wait after this failure; none where only a change helps.
    pub fn next(&self, resource: &str, class: Class) -> Option<Duration> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, longest) = match class {
            Class::Waits => {
                running.remove(resource);
                return None;
            }
            Class::Away | Class::Refused => (self.config.evaluator_first, self.config.evaluator_longest),
            Class::Conflict => (self.config.conflict_first, self.config.conflict_longest),
        };
        match running.get_mut(resource) {
            Some((known, delays)) if *known == class => delays.next(),
            _ => {
                let mut delays = self.delays(first, longest);
                let delay = delays.next();
                running.insert(resource.to_owned(), (class, delays));
                delay
            }
        }
        // Jitter is added to the longest wait too.
        .map(|delay| delay.min(longest))
    }

    /// Has it failed since it last went well?
    pub fn failing(&self, resource: &str) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).contains_key(resource)
    }

    /// It went well: the next failure is a first one.
    pub fn forget(&self, resource: &str) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(resource);
    }

    fn delays(&self, first: Duration, longest: Duration) -> ExponentialBackoff {
        let delays = ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times();
        let delays = delays.with_jitter();
        self.seed.map_or(delays, |seed| delays.with_jitter_seed(seed)).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn backoffs() -> Backoffs {
        let config = BackoffConfig {
            evaluator_first: SECOND,
            evaluator_longest: 300 * SECOND,
            conflict_first: Duration::from_millis(50),
            conflict_longest: 5 * SECOND,
        };
        Backoffs::new(config, Some(7))
    }

    #[test]
    fn waits_double_up_to_the_longest_with_jitter_on_top() {
        let backoffs = backoffs();
        let waits: Vec<Duration> = (0..12).filter_map(|_| backoffs.next("a", Class::Away)).collect();
        for (index, wait) in waits.iter().enumerate() {
            let plain = (SECOND * 2_u32.pow(index as u32)).min(300 * SECOND);
            assert!(*wait >= plain && *wait <= (2 * plain).min(300 * SECOND), "{index}: {wait:?}");
        }
        assert_eq!(waits.last(), Some(&(300 * SECOND)));
        assert!(waits[0] != SECOND, "jitter");
    }

    #[test]
    fn resources_and_classes_wait_for_themselves() {
        let backoffs = backoffs();
        for _ in 0..6 {
            backoffs.next("a", Class::Away);
        }
        assert!(backoffs.next("b", Class::Away) < Some(2 * SECOND));
        assert!(backoffs.next("a", Class::Conflict) < Some(SECOND));
        assert!(backoffs.next("a", Class::Away) < Some(2 * SECOND), "another class in between starts anew");
    }

    #[test]
    fn success_starts_anew_and_bad_documents_wait_for_a_change() {
        let backoffs = backoffs();
        for _ in 0..6 {
            backoffs.next("a", Class::Away);
        }
        backoffs.forget("a");
        assert!(backoffs.next("a", Class::Away) < Some(2 * SECOND));
        assert_eq!(backoffs.next("a", Class::Waits), None);
    }
}
