//! playbook-evaluator: playbooks as code, and what calls show measured against them.

pub mod domain;
