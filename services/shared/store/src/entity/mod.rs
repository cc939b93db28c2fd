//! Rows of the tables that every service has, except the outbox, which the events crate owns.

pub mod idempotency_record;
pub mod inbox_event;
