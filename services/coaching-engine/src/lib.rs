//! Coaching: the summary of each evaluated call, nudges under a budget, and how often each rep shows what the playbook asks.
//!
//! It consumes `EvaluationCompleted`, reads the evaluation from the evaluator and answers `CoachingService`. It reads no
//! transcript and infers nothing about anybody's feelings.

mod app;
pub mod clients;
pub mod coach;
pub mod config;
pub mod consumer;
pub mod domain;
pub mod grpc;
pub mod profiles;
pub mod store;

pub use app::CoachingEngine;
