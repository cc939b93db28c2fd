//! Adapters for peers.

mod evaluator;

pub use evaluator::Evaluator;
