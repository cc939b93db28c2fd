//! Background work: transcribing recordings, and the tasks that outlive the call that began them.

pub mod live;
pub mod retention;
pub mod sweep;
pub mod tasks;
pub mod transcriber;
pub mod uploads;
