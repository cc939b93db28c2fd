//! Domain types to the proto.

mod deal;
mod entry;
pub mod evidence;
mod forecast;
mod probability;

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

pub use deal::{Detail, deal};
pub use entry::log_entry;
pub use forecast::forecast;

fn moment(time: DateTime<Utc>) -> Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or(0);
    Timestamp { seconds: time.timestamp(), nanos }
}
