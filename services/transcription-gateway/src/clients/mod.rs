//! Adapters for peers.

mod crm;
mod evaluator;

pub use crm::Crm;
pub use evaluator::Evaluator;
