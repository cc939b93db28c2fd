//! The peers: what they are asked, and how their answers become entries of the log.

mod crm;
mod evaluation;
mod evaluator;
#[cfg(test)]
mod tests;

pub use crm::{Crm, proposal_entries, record_entries};
pub use evaluation::evaluation_entry;
pub use evaluator::Evaluator;

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

/// A peer's time; `None` where it is unset or out of range. Kept to the microsecond, as the log does.
pub(crate) fn moment(time: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    let time = time?;
    let nanos = u32::try_from(time.nanos).ok()?;
    let exact = DateTime::<Utc>::from_timestamp(time.seconds, nanos)?;
    DateTime::<Utc>::from_timestamp_micros(exact.timestamp_micros())
}
