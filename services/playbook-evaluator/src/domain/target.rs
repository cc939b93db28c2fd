//! What a person asks about or corrects: one behavior or signal of an evaluation.

use super::evaluate::Revision;
use super::evaluation::{Evaluation, Outcome};
use super::playbook::{DetectNode, Speaker};

/// A behavior or a signal, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Behavior(String),
    Signal(String),
}

impl Target {
    /// `behavior` or `signal`.
    pub fn kind(&self) -> &'static str {
        match self {
            Target::Behavior(_) => "behavior",
            Target::Signal(_) => "signal",
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Target::Behavior(id) | Target::Signal(id) => id,
        }
    }

    /// The reverse of `kind` and `id`.
    pub fn of(kind: &str, id: &str) -> Option<Self> {
        match kind {
            "behavior" => Some(Target::Behavior(id.to_owned())),
            "signal" => Some(Target::Signal(id.to_owned())),
            _ => None,
        }
    }

    /// The detector of the target and whose words it reads.
    pub fn detector<'r>(&self, revision: &'r Revision) -> Option<(&'r DetectNode, Speaker)> {
        let playbook = &revision.playbook;
        match self {
            Target::Behavior(id) => {
                playbook.behaviors.iter().find(|b| b.id.as_str() == id).map(|b| (&b.detect, b.side))
            }
            Target::Signal(id) => playbook.signals.iter().find(|s| s.id.as_str() == id).map(|s| (&s.detect, s.side)),
        }
    }

    /// Outcome and reason in an evaluation; a signal was shown or was not.
    pub fn outcome(&self, evaluation: &Evaluation) -> Option<(Outcome, String)> {
        match self {
            Target::Behavior(id) => {
                evaluation.behaviors.iter().find(|b| b.id == *id).map(|b| (b.outcome, b.reason.clone()))
            }
            Target::Signal(id) => evaluation
                .signals
                .iter()
                .find(|s| s.id == *id)
                .map(|s| (if s.evidence.is_empty() { Outcome::Missed } else { Outcome::Observed }, String::new())),
        }
    }
}
