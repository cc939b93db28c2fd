//! Rows of this service's tables.

pub mod evaluation;
pub mod label;
pub mod model;
pub mod playbook;
pub mod revision;
