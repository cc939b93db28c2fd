//! The `[relay]` and `[housekeeping]` sections of a service's configuration.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Times are bounded, since one that is too long leads out of the calendar when it is added to a moment.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How events are delivered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelayConfig {
    /// Longest wait before looking for work that nobody announced: retries, events of other replicas.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// Events under way to one consumer at a time. Those of one key go one after the other whatever it is.
    pub concurrency: u32,
    /// Deadline of one delivery.
    #[serde(with = "humantime_serde")]
    pub delivery_timeout: Duration,
    /// After this time another replica takes a delivery over, in case this one died. Longer than `delivery_timeout`.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// Wait before the second try; it doubles with each try.
    #[serde(with = "humantime_serde")]
    pub first_backoff: Duration,
    /// Longest wait between two tries.
    #[serde(with = "humantime_serde")]
    pub max_backoff: Duration,
    /// Tries before parking while the consumer is away or too busy: it will come back.
    pub tries_unavailable: u32,
    /// Tries before parking while the consumer fails.
    pub tries_failing: u32,
    /// Tries before parking while the consumer refuses the event itself.
    pub tries_refused: u32,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_secs(1),
            concurrency: 16,
            delivery_timeout: Duration::from_secs(20),
            lease: Duration::from_secs(30),
            first_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(60),
            tries_unavailable: 100,
            tries_failing: 10,
            tries_refused: 5,
        }
    }
}

impl RelayConfig {
    /// Everything that is wrong with the section, as (field, what is wrong); empty when it is fine.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.poll_interval < Duration::from_millis(5) {
            found.push(("poll_interval", "must be at least 5ms".to_owned()));
        }
        if !(1..=1000).contains(&self.concurrency) {
            found.push(("concurrency", "must be 1 to 1000".to_owned()));
        }
        if self.delivery_timeout.is_zero() {
            found.push(("delivery_timeout", "must be more than 0".to_owned()));
        }
        if self.lease <= self.delivery_timeout {
            found.push(("lease", "must be longer than delivery_timeout".to_owned()));
        }
        if self.first_backoff.is_zero() || self.max_backoff < self.first_backoff {
            found.push(("max_backoff", "must not be shorter than first_backoff, which must be more than 0".to_owned()));
        }
        for (field, time) in [
            ("poll_interval", self.poll_interval),
            ("delivery_timeout", self.delivery_timeout),
            ("lease", self.lease),
            ("max_backoff", self.max_backoff),
        ] {
            if time > DAY {
                found.push((field, "must be at most 1 day".to_owned()));
            }
        }
        for (field, tries) in [
            ("tries_unavailable", self.tries_unavailable),
            ("tries_failing", self.tries_failing),
            ("tries_refused", self.tries_refused),
        ] {
            if !(1..=10_000).contains(&tries) {
                found.push((field, "must be 1 to 10000".to_owned()));
            }
        }
        found
    }
}

/// How long what is settled is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HousekeepingConfig {
    /// How often to look.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// Events are removed this long after they were written, once every consumer has them. Parked ones stay.
    #[serde(with = "humantime_serde")]
    pub outbox_retention: Duration,
    /// Inbox rows are removed this long after the event was applied. Longer than any producer's outbox retention.
    #[serde(with = "humantime_serde")]
    pub inbox_retention: Duration,
}

impl Default for HousekeepingConfig {
    fn default() -> Self {
        Self { interval: Duration::from_secs(600), outbox_retention: 7 * DAY, inbox_retention: 60 * DAY }
    }
}

impl HousekeepingConfig {
    /// Everything that is wrong with the section, as (field, what is wrong); empty when it is fine.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.interval < Duration::from_secs(1) {
            found.push(("interval", "must be at least 1s".to_owned()));
        }
        if self.interval > DAY {
            found.push(("interval", "must be at most 1 day".to_owned()));
        }
        if self.inbox_retention > 3650 * DAY {
            found.push(("inbox_retention", "must be at most 3650 days".to_owned()));
        }
        if self.inbox_retention < self.outbox_retention {
            found.push(("inbox_retention", "must not be shorter than outbox_retention".to_owned()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_unknown_keys_refused() {
        assert!(RelayConfig::default().violations().is_empty());
        assert!(HousekeepingConfig::default().violations().is_empty());
        let config: RelayConfig = toml::from_str("concurrency = 4\nlease = '45s'").unwrap();
        assert_eq!((config.concurrency, config.lease), (4, Duration::from_secs(45)));
        assert!(toml::from_str::<RelayConfig>("lese = '45s'").is_err());
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let config =
            RelayConfig { concurrency: 0, lease: Duration::from_secs(1), tries_refused: 0, ..RelayConfig::default() };
        let fields: Vec<_> = config.violations().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["concurrency", "lease", "tries_refused"]);
        let config = RelayConfig { max_backoff: Duration::MAX, lease: 2 * DAY, ..RelayConfig::default() };
        let fields: Vec<_> = config.violations().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["lease", "max_backoff"]);
        let config = HousekeepingConfig { interval: Duration::MAX, outbox_retention: 2 * DAY, inbox_retention: DAY };
        let fields: Vec<_> = config.violations().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["interval", "inbox_retention"]);
    }
}
