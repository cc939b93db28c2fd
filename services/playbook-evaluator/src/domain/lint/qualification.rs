//! Letters of the qualification that can't be reached, gates that contradict each other.

use crate::domain::playbook::finding::Findings;
use crate::domain::playbook::qualification::Letter;
use crate::domain::playbook::{Detect, DetectNode, Playbook, Speaker};

/// Most letters of a framework.
const MAX_LETTERS: usize = 16;

pub fn check(playbook: &Playbook, findings: &mut Findings) {
    let Some(qualification) = &playbook.qualification else { return };
    let n = qualification.letters.len();
    if n > MAX_LETTERS {
        let message = format!("{n} letters; at most {MAX_LETTERS} are allowed");
        findings.error("too-many", "qualification.letters", 0, message);
    }
    for letter in &qualification.letters {
        gates(letter, findings);
        if is_reps_alone(&letter.detect, Speaker::Either) {
            findings.error(
                "unreachable",
                &letter.detect.path,
                letter.detect.line,
                "reads only the rep, but only a buyer's words lift a letter above 1; put it under `mentioned`",
            );
        }
    }
}

fn gates(letter: &Letter, findings: &mut Findings) {
    let (path, line) = (format!("{}.gate", letter.detect.owner()), letter.detect.line);
    for (i, gate) in letter.gates.iter().enumerate() {
        let before = letter.gates.get(..i).unwrap_or_default();
        if let Some(same) = before.iter().find(|other| other.is_at(&gate.stage)) {
            let message = format!("`{}` and `{}` are the same stage", same.stage, gate.stage);
            findings.error("duplicate-stage", &path, line, message);
        }
        if before.last().is_some_and(|earlier| earlier.minimum > gate.minimum) {
            let message = format!("asks for less at `{}` than at the stage before it", gate.stage);
            findings.warning("falling-gate", &path, line, message);
        }
    }
}

/// Can whatever this finds end in the rep's words only?
fn is_reps_alone(node: &DetectNode, around: Speaker) -> bool {
    let side = node.side.unwrap_or(around);
    match &node.detect {
        Detect::Any(list) => list.iter().all(|n| is_reps_alone(n, side)),
        // What one turn must be is said by one side.
        Detect::All(list) => list.iter().any(|n| !matches!(n.detect, Detect::Not(_)) && is_reps_alone(n, side)),
        Detect::Then { next, .. } => is_reps_alone(next, side),
        Detect::Within { of, .. } => is_reps_alone(of, side),
        // The other side answers.
        Detect::Answered { of, .. } => of.side.unwrap_or(side) == Speaker::Buyer,
        Detect::Fact(_) | Detect::Signal(_) | Detect::Concept(_) => node.side == Some(Speaker::Rep),
        _ => side == Speaker::Rep,
    }
}
