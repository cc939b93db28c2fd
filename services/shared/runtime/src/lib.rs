//! How a service of the mesh starts, serves and stops. It owns the order of these steps, the configuration layers,
//! telemetry and the server's outer layers; what a service does is in its [`App`].
//!
//! Start: config → telemetry → ports → database and peers ([`App::build`]) → serve → ready.
//! Stop: NOT_SERVING → notice → stop accepting → drain → workers → admin listener → flush.

pub mod admin;
mod app;
mod cli;
pub mod config;
mod drain;
pub mod health;
mod launch;
mod readiness;
mod serve;
mod signals;
pub mod telemetry;
mod tls;
mod worker;

pub use app::{App, Parts, Sections, Startup};
pub use cli::{EXIT_CONFIG, EXIT_FAILURE, EXIT_HELP, run};
pub use config::{ServerConfig, TlsConfig};
pub use launch::{Running, bind, launch, launch_tcp};
pub use signals::shutdown_signal;
pub use telemetry::{Telemetry, TelemetryConfig};
pub use tls::Tls;
