//! Rows as they stand in the tables.

pub mod account_domain;
pub mod association;
pub mod call_facts;
pub mod proposal;
pub mod record;
pub mod stage_entry;
