//! Coaching: the summary of each evaluated call, nudges under a budget, and how often each rep shows what the playbook asks.

pub mod domain;
