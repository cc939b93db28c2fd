//! The qualification of a deal as the API gives it.

use throughline_proto::playbook::v1 as pb;

use super::evaluation::{evidence, signed};
use crate::domain::evaluation::{LetterResult, QualificationResult};
use crate::domain::playbook::Qualification;
use crate::domain::playbook::qualification::{Gate, Letter};

pub(super) fn qualification(result: QualificationResult, spec: &Qualification) -> pb::QualificationResult {
    let QualificationResult { framework, letters, lowest } = result;
    pb::QualificationResult {
        framework,
        letters: letters.into_iter().zip(&spec.letters).map(|(result, spec)| letter(result, spec)).collect(),
        lowest: lowest.map(signed),
    }
}

fn letter(result: LetterResult, spec: &Letter) -> pb::LetterResult {
    let LetterResult { id, score, minimum, evidence: shown, reason } = result;
    pb::LetterResult {
        id,
        letter: spec.letter.clone(),
        title: spec.title.clone(),
        score: score.map(signed),
        minimum: minimum.map(signed),
        evidence: evidence(shown),
        reason,
        question: spec.question.clone(),
        gates: spec.gates.iter().map(gate).collect(),
    }
}

fn gate(gate: &Gate) -> pb::LetterGate {
    pb::LetterGate { stage: gate.stage.clone(), minimum: signed(gate.minimum) }
}
