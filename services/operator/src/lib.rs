//! operator: playbooks and speech engines as custom resources. It reads what is declared in Kubernetes, applies it to the
//! playbook evaluator and the transcription gateway over gRPC and reports in the resource's status what is true there.
//!
//! `reconcile`, `kind`, `draft`, `claim`, `condition`, `failure`, `peer`, `backoff` and `lease` know of no kind: another
//! one is a module like `playbook` or `speech_engine` with its own [`kind::Kind`].

mod admin;
pub mod backoff;
pub mod claim;
mod cli;
pub mod condition;
pub mod config;
pub mod crds;
pub mod draft;
pub mod evaluator;
pub mod failure;
pub mod gateway;
pub mod kind;
pub mod lease;
pub mod peer;
pub mod playbook;
pub mod reconcile;
pub mod serve;
pub mod speech_engine;

pub use cli::run;

/// Its name, as peers, traces and events know it.
pub const NAME: &str = "operator";
/// Who owns the fields that it writes (server-side apply), and who reports its events.
pub const FIELD_MANAGER: &str = "throughline-operator";
