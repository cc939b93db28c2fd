//! crm-sync: the mirror of a CRM, which deal a call belongs to, and what machines propose to write.
//!
//! It consumes `EvaluationCompleted`, reads the evaluation from the evaluator and answers `RecordService` and `ProposalService`. It reads no
//! transcript. What changes is told by `RecordChanged` and `CallAssociated`.

mod app;
pub mod clients;
pub mod config;
pub mod consumer;
pub mod crm;
pub mod domain;
pub mod grpc;
pub mod store;
pub mod worker;

pub use app::CrmSync;
