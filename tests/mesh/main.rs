//! What crosses services, through the `throughline` binary: the sample deal end to end, the edges of its trace, what a
//! kill loses (nothing), and what bad input gets.

mod deal;
mod kill;
mod program;
mod refusals;
mod trace_edges;
