//! Behavior of the runtime with a small service: TLS, drain, configuration, health, metrics.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: what can't be had fails the test, and spawned calls are awaited"
)]

mod admin;
mod config;
mod drain;
mod pki;
mod readiness;
mod tls;

use std::path::Path;
use std::sync::Arc;

use throughline_rpc::Clock;
use throughline_rpc::auth::DevIssuer;

fn issuer(folder: &Path) -> Arc<DevIssuer> {
    Arc::new(DevIssuer::open(folder, Clock::system()).unwrap())
}
