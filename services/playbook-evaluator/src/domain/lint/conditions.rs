//! Conditions compile and have the right type.

use crate::domain::condition::{Condition, Names, Scope};
use crate::domain::playbook::finding::{Findings, Severity};
use crate::domain::playbook::{Expression, Playbook};

pub fn segment(playbook: &Playbook, findings: &mut Findings) -> Option<Condition> {
    let names = names(playbook, Scope::Segment);
    playbook.segment.as_ref().and_then(|e| compile(e, &names, findings))
}

/// The `not_applicable` of each behavior.
pub fn behaviors(playbook: &Playbook, findings: &mut Findings) -> Vec<Option<Condition>> {
    let names = names(playbook, Scope::Behavior);
    playbook.behaviors.iter().map(|b| b.not_applicable.as_ref().and_then(|e| compile(e, &names, findings))).collect()
}

fn names(playbook: &Playbook, scope: Scope) -> Names<'_> {
    Names {
        scope,
        signals: playbook.signals.iter().map(|s| s.id.as_str()).collect(),
        concepts: playbook.concepts.iter().map(|c| c.id.as_str()).collect(),
        letters: playbook.qualification.iter().flat_map(|q| &q.letters).map(|l| l.id.as_str()).collect(),
    }
}

fn compile(expression: &Expression, names: &Names<'_>, findings: &mut Findings) -> Option<Condition> {
    match Condition::compile(&expression.text, names) {
        Ok(condition) => Some(condition),
        Err(faults) => {
            for fault in faults {
                let message = format!("`{}`: {} (character {})", expression.text, fault.message, fault.column);
                findings.add(Severity::Error, "invalid-condition", &expression.path, (expression.line, 0), message);
            }
            None
        }
    }
}
