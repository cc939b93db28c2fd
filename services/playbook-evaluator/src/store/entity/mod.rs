//! Rows of this service's tables.

pub mod evaluation;
pub mod playbook;
pub mod revision;
