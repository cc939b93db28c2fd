//! What a detector found.

use std::ops::Range;

/// Words of one turn that a find stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub turn: u32,
    pub tokens: Range<usize>,
    /// Which operator found them.
    pub method: &'static str,
}

/// A find: anchored at one turn, standing on words of one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub turn: u32,
    pub parts: Vec<Part>,
    /// False where a speaker's side isn't known: such a find can prove nothing, and excludes nothing.
    pub certain: bool,
}

impl Hit {
    pub fn single(turn: u32, tokens: Range<usize>, method: &'static str, certain: bool) -> Self {
        Self { turn, parts: vec![Part { turn, tokens, method }], certain }
    }
}

/// Keeps one find a turn: the certain one, else the first.
pub fn one_a_turn(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|h| (h.turn, !h.certain));
    hits.dedup_by_key(|h| h.turn);
    hits
}
