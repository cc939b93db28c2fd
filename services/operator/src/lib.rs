//! operator: playbooks as custom resources. It reads what is declared in Kubernetes, applies it to the playbook
//! evaluator over gRPC and reports in the resource's status what is true there.
//!
//! `reconcile`, `kind`, `condition`, `failure`, `backoff` and `lease` know nothing of playbooks: another kind of resource
//! is a module like `playbook` with its own [`kind::Kind`].

mod admin;
pub mod backoff;
mod cli;
pub mod condition;
pub mod config;
pub mod crds;
pub mod evaluator;
pub mod failure;
pub mod kind;
pub mod lease;
pub mod playbook;
pub mod reconcile;
pub mod serve;

pub use cli::run;

/// Its name, as peers, traces and events know it.
pub const NAME: &str = "operator";
/// Who owns the fields that it writes (server-side apply), and who reports its events.
pub const FIELD_MANAGER: &str = "throughline-operator";
