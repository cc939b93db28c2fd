//! Behavior of the runtime with a small service: TLS, drain, configuration, start.

mod app;
mod config;
mod drain;
mod tls;
