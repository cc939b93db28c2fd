//! throughline-testkit

pub mod database;

pub use database::{Backend, TestDb};
