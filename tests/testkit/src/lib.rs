//! What tests of the services stand on: databases, a service in the test's process over a duplex pipe, tokens, peers
//! on loopback, a service as small as can be, and an OTLP receiver. Panics are this crate's way to fail a test.
#![expect(clippy::expect_used, clippy::panic, reason = "a test helper that can't work fails the test")]

pub mod database;
mod otlp;
mod poll;
#[cfg(feature = "s3")]
pub mod s3;
mod serve;
pub mod small;

pub use database::{Backend, TestDb};
pub use otlp::{OtlpReceiver, SpanRecord};
pub use poll::eventually;
pub use serve::{Harness, Served, serve_peer};
