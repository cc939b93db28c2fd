//! Between the API's messages and the domain's types.

mod evaluation;
mod facts;
mod revision;
mod talk;

pub use evaluation::evaluation;
pub(crate) use revision::timestamp;
pub use revision::{behavior_spec, finding, findings, revision, revision_number};
pub use talk::{call, transcript};
