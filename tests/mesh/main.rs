//! What crosses services, through the `throughline` binary: the sample deal end to end, the edges of its trace, what a
//! kill loses (nothing), what a purge leaves (no words), whose side the CRM tells, and what
//! bad input gets.

#![expect(clippy::unwrap_used, reason = "tests: what can't be had fails the test")]

mod deal;
mod kill;
mod migrate;
mod program;
mod purge;
mod refusals;
mod sides;
mod trace_edges;
