//! The operator against a pretended API server and evaluator, against the real evaluator, and, where its binaries are
//! found, against a real API server.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod api;
mod apply;
mod cluster;
mod crash;
mod definition;
mod deletion;
mod driver;
mod engines;
mod evaluator;
mod fuse;
mod leading;
mod properties;
mod refusals;
mod through;
mod world;
