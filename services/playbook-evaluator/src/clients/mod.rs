//! Peers: one adapter each, which speaks their API on one side and the domain on the other.

mod gateway;
pub mod judge;

pub use gateway::{Gateway, Talk};
