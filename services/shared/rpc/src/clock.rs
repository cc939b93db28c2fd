//! Time and ids, passed in so that tests decide both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// A source of the present moment.
pub trait Now: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// A shared clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Now>);

impl Clock {
    /// Wraps a source of time.
    pub fn new(source: impl Now) -> Self {
        Self(Arc::new(source))
    }

    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self::new(SystemClock)
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Now for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that starts where it is told and moves one millisecond a reading, so that orderings are stable.
#[derive(Debug)]
pub struct FixedClock {
    start: DateTime<Utc>,
    readings: AtomicU64,
}

impl FixedClock {
    /// Starts at `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self { start, readings: AtomicU64::new(0) }
    }
}

impl Now for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        let readings = self.readings.fetch_add(1, Ordering::Relaxed);
        self.start + Duration::milliseconds(i64::try_from(readings).unwrap_or(i64::MAX))
    }
}

/// A source of ids that sort by the time they were made.
#[derive(Debug, Clone)]
pub enum Ids {
    /// UUID version 7 from the machine's clock and random numbers.
    Random,
    /// Counts up: for tests.
    Counting(Arc<AtomicU64>),
}

impl Ids {
    /// Ids that count from one.
    #[must_use]
    pub fn counting() -> Self {
        Self::Counting(Arc::new(AtomicU64::new(1)))
    }

    /// The next id.
    #[must_use]
    pub fn next(&self) -> Uuid {
        match self {
            Self::Random => Uuid::now_v7(),
            Self::Counting(next) => Uuid::from_u128(u128::from(next.fetch_add(1, Ordering::Relaxed))),
        }
    }
}
