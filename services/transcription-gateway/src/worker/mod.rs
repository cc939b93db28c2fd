//! Background work: transcribing recordings, indexing what was stored before, following the log of changes, measuring what waits, and the tasks
//! that outlive the call that began them.

pub mod changes;
pub mod gauges;
pub mod imports;
pub mod indexer;
pub mod live;
mod muting;
pub mod retention;
pub mod sweep;
pub mod tasks;
pub mod transcriber;
pub mod uploads;
pub mod voices;
pub mod watch;
