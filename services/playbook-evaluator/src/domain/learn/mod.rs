//! Detectors that are learned from examples: a ridge classifier for each lesson of a playbook, over what a turn and its
//! neighbours mean (sentence embeddings), how they are built, and what the lesson's rules find in them.
//!
//! Trained when a revision is created, on labelled calls (the starter set and the workspace's own) and on the examples
//! in the playbook; stored with the revision. Owns features, training and the trained [`Model`]; does not own where
//! vectors come from: without them nothing here runs, and the rules of a lesson stand alone.

mod examples;
mod features;
mod labelled;
mod model;
mod shape;
#[cfg(test)]
mod tests;
mod train;

pub use labelled::{Label, Labelled, UnreadableCall, starter};
pub use model::{Learned, Measured, Model, Scores, Verdict};
pub use train::{Material, example_texts, train};
