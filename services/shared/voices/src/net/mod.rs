//! The two networks as ONNX models, written down from their published structure and the weights of a checkpoint.
//!
//! Owns: the structure. Does not own: the weights (they are pulled) or running them (see `models`).

mod builder;
pub mod campplus;
mod onnx;
pub mod pyannet;
