//! Peers: one adapter each, which speaks their API on one side and the domain on the other.

mod convert;
mod evaluator;

pub use evaluator::Evaluator;
