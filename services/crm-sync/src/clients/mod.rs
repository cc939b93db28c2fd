//! Peers: one adapter each, which speaks their API on one side and the domain on the other.

mod convert;
mod evaluator;

pub use convert::Found;
pub use evaluator::Evaluator;
