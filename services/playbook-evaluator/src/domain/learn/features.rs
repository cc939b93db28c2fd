//! The row of features of a turn: its meaning and that of its neighbours, their shape, and what rules found there.

use throughline_embeddings::{DIMS, Vector};

use super::shape::{self, OF_PLACE, OF_TURN};
use crate::domain::call::Side;
use crate::domain::text::TurnText;

/// How far the nearest turn of the other side may be away.
const NEIGHBOURS: usize = 3;
/// Weights of the blocks beside the meaning of the turn itself, whose length is 1. Chosen by leaving authors out.
const NEIGHBOUR_WEIGHT: f32 = 0.6;
const SHAPE_WEIGHT: f32 = 0.3;
const RULE_WEIGHT: f32 = 1.0;

/// A turn as a classifier sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub text: &'a TurnText,
    pub vector: &'a Vector,
    pub side: Side,
    /// Where it starts, as a share of the call.
    pub position: f64,
    /// Which rules found something in it, by lesson.
    pub rules: &'a [bool],
}

/// Features of a row for so many lessons.
pub(super) fn width(lessons: usize) -> usize {
    3 * (DIMS + OF_TURN + lessons) + OF_PLACE
}

/// The row of the turn at `at`: with the nearest turn of the other side before and after it.
pub(super) fn row(turns: &[Seen<'_>], at: usize, lessons: usize) -> Vec<f32> {
    let mut row = Vec::with_capacity(width(lessons));
    let Some(turn) = turns.get(at) else { return row };
    let across = |other: &&Seen<'_>| other.side == turn.side.other() && other.side != Side::Unknown;
    let before = turns.get(at.saturating_sub(NEIGHBOURS)..at).unwrap_or_default().iter().rev().find(across);
    let after = turns.iter().skip(at + 1).take(NEIGHBOURS).find(across);
    push(&mut row, Some(turn), 1.0, lessons);
    push(&mut row, before, NEIGHBOUR_WEIGHT, lessons);
    push(&mut row, after, NEIGHBOUR_WEIGHT, lessons);
    row.extend(shape::of_place(turn.position).map(|value| value * SHAPE_WEIGHT));
    row
}

fn push(row: &mut Vec<f32>, turn: Option<&Seen<'_>>, weight: f32, lessons: usize) {
    let Some(turn) = turn else {
        row.resize(row.len() + DIMS + OF_TURN + lessons, 0.0);
        return;
    };
    row.extend(turn.vector.as_array().iter().map(|value| value * weight));
    row.extend(shape::of_turn(turn.text).map(|value| value * SHAPE_WEIGHT));
    let found = |lesson: usize| turn.rules.get(lesson).is_some_and(|found| *found);
    row.extend((0..lessons).map(|lesson| if found(lesson) { RULE_WEIGHT * weight } else { 0.0 }));
}
