//! What the evaluator computes, and nothing of how it is served or stored: playbooks, their linter, the detectors,
//! the facts of a talk and its statistics. Pure: the same transcript and revision give the same evaluation.

pub mod call;
pub mod condition;
pub mod detect;
pub mod evaluate;
pub mod evaluation;
pub mod evidence;
pub mod explain;
pub mod facts;
pub mod label;
pub mod learn;
pub mod lint;
pub mod live;
pub mod playbook;
mod qualify;
pub mod statistics;
#[cfg(test)]
mod talk;
pub mod target;
pub mod text;
