//! Rows of the outbox. The tables are made by the shared migrations of the store crate.

pub mod outbox_delivery;
pub mod outbox_event;
