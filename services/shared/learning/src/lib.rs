//! Classifiers that are trained where the data is: no network, seconds of time, the same bits from the same input.
//!
//! Owns the mathematics: [`ridge`] regression of many labels over one design with leave-one-group-out scores,
//! [`logistic`] regression, and [`Calibration`] of scores to probabilities. Does not know what a row or a label stands for.

mod calibration;
mod design;
mod logistic;
mod ridge;

pub use calibration::{Calibration, Cut, best_cut};
pub use design::Design;
pub use logistic::logistic;
pub use ridge::{Fitted, TrainingError, ridge};
