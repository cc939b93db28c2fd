//! Forecast: the deal log with two times, and what follows from it: health, warnings, win probability, the period's bookings.
//!
//! It consumes `EvaluationCompleted`, `RecordChanged` and `CallAssociated` in whatever order they come, fetches what they tell of, and
//! answers `ForecastService`. It reads no transcript, and every answer can be asked as of a moment.

mod app;
pub mod clients;
pub mod config;
pub mod consumer;
pub mod domain;
pub mod grpc;
pub mod knowledge;
pub mod store;

pub use app::Forecast;
