//! Rows of the service's tables.

pub mod deal_log;
pub mod log_head;
