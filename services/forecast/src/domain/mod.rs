//! What the service knows and how it reckons: pure, without clock, network or database.

pub mod cadence;
pub mod entry;
pub mod evaluated;
pub mod evidence;
pub mod health;
pub mod ids;
pub mod log;
pub mod money;
pub mod norms;
pub mod requirements;
pub mod rollup;
pub mod stage;
pub mod view;
pub mod warnings;
pub mod winning;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
pub(crate) mod log_tests;
