//! Behavior of the runtime with a small service: TLS, drain, configuration, start.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: what can't be had fails the test, and spawned calls are awaited"
)]

mod app;
mod config;
mod drain;
mod tls;
