//! playbook-evaluator: playbooks as code, and what calls show measured against them.
//!
//! It consumes `TranscriptFinalized`, reads call and transcript from the gateway, evaluates them against every released
//! playbook of the workspace and tells of it with `EvaluationCompleted`. It is the only service that reads words.

mod app;
pub mod assess;
pub mod clients;
pub mod config;
pub mod consumer;
pub mod convert;
pub mod domain;
pub mod grpc;
pub mod learner;
pub mod live;
pub mod purge;
pub mod settle;
pub mod store;
pub mod teacher;

pub use app::PlaybookEvaluator;
