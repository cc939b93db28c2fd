//! A span of call times.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition};

/// From `start`, before `end`; unbounded where unset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// First moment.
    pub start: Option<DateTime<Utc>>,
    /// First moment after it.
    pub end: Option<DateTime<Utc>>,
}

impl Period {
    /// The condition on a column of call times.
    pub(super) fn on(self, call_time: impl ColumnTrait) -> Condition {
        Condition::all()
            .add_option(self.start.map(|start| call_time.gte(start)))
            .add_option(self.end.map(|end| call_time.lt(end)))
    }
}
