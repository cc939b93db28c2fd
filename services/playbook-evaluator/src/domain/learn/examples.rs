//! Rows from the examples in a playbook: a turn with what was said before and after it.

use throughline_embeddings::Vector;

use super::features::{self, Seen};
use crate::domain::call::Side;
use crate::domain::playbook::{Example, Lesson, Speaker};
use crate::domain::text::TurnText;

/// Every text of the examples that has a vector, in one order.
pub(super) fn texts<'l>(lessons: impl Iterator<Item = &'l Lesson>) -> Vec<&'l str> {
    let all = lessons.flat_map(|lesson| lesson.examples.iter().chain(&lesson.counterexamples));
    all.flat_map(|example| [example.before.as_str(), &example.turn, &example.after]).collect()
}

/// An example as a row, and whether it is one.
pub(super) struct Row {
    pub features: Vec<f32>,
    pub holds: bool,
}

/// The rows of a lesson. `vectors` are those of its [`texts`]; `position` is where in a call such turns are expected.
pub(super) fn rows(lesson: &Lesson, side: Speaker, vectors: &[Vector], position: f64, lessons: usize) -> Vec<Row> {
    let holds = lesson.examples.iter().map(|e| (e, true)).chain(lesson.counterexamples.iter().map(|e| (e, false)));
    let (vectors, _) = vectors.as_chunks::<3>();
    holds.zip(vectors).map(|((e, holds), v)| Row { features: row(e, side, v, position, lessons), holds }).collect()
}

fn row(example: &Example, side: Speaker, vectors: &[Vector; 3], position: f64, lessons: usize) -> Vec<f32> {
    let side = if side == Speaker::Buyer { Side::Buyer } else { Side::Rep };
    let said = [(&example.before, side.other()), (&example.turn, side), (&example.after, side.other())];
    let texts = said.map(|(text, _)| TurnText::read(text));
    let turns: Vec<Seen<'_>> = said
        .iter()
        .zip(&texts)
        .zip(vectors)
        .filter(|(((text, _), _), _)| !text.is_empty())
        .map(|(((_, side), text), vector)| Seen { text, vector, side: *side, position, rules: &[] })
        .collect();
    let at = usize::from(!example.before.is_empty());
    features::row(&turns, at, lessons)
}
