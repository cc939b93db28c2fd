//! A span of days that bookings are forecast for.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// From the first to the last day, both included. Days are taken in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    first: NaiveDate,
    last: NaiveDate,
}

impl Period {
    /// `None` if it ends before it begins, or at the end of the calendar.
    pub fn new(first: NaiveDate, last: NaiveDate) -> Option<Self> {
        (first <= last && last.checked_add_days(Days::new(1)).is_some()).then_some(Self { first, last })
    }

    pub fn first(&self) -> NaiveDate {
        self.first
    }

    pub fn last(&self) -> NaiveDate {
        self.last
    }

    pub fn contains(&self, day: NaiveDate) -> bool {
        self.first <= day && day <= self.last
    }

    pub fn start(&self) -> DateTime<Utc> {
        self.first.and_time(NaiveTime::MIN).and_utc()
    }

    /// The first moment after it.
    pub fn end(&self) -> DateTime<Utc> {
        self.last.checked_add_days(Days::new(1)).unwrap_or(self.last).and_time(NaiveTime::MIN).and_utc()
    }
}
