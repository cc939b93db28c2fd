//! Rows of this service's tables. Lists of evidence and lines are JSON texts; [`row`](super::row) reads and writes them.

pub mod behavior;
pub mod evaluated_call;
pub mod nudge;
pub mod outcome;
pub mod rep;
pub mod summary;
