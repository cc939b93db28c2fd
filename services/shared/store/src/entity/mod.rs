//! Rows of the tables that every service has, except the outbox, which the events crate owns;
//! and of the purged calls, which those have that keep words of calls.

pub mod idempotency_record;
pub mod inbox_event;
pub mod purged_call;
