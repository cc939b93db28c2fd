//! The detectors of a revision: compiled once, run over each transcript in one pass, linear in its words.

mod algebra;
mod answer;
mod commitment;
mod compile;
mod echo;
mod hit;
mod leaf;
mod learned;
mod pattern;
mod phrase;
mod program;
mod scan;
mod sequence;
mod trace;

pub use answer::{answers, is_substantive};
pub use commitment::DAY_METHOD;
pub use compile::compile;
pub use hit::{Doubt, Hit, Part};
pub use pattern::Pattern;
pub use phrase::Phrase;
pub use program::{Detectors, Learning, LetterProgram, Program};
pub use scan::{PhraseIndex, RawHit};
pub use trace::{Discard, Judged, Named, Trace, Why};

use super::call::{Side, Transcript};
use super::learn::{Model, Scores};
use super::playbook::detect::FactRef;
use super::text::TurnText;
use std::cell::OnceCell;
use std::collections::HashMap;

/// A transcript that was read, with what the leaves found in it.
#[derive(Debug)]
pub struct Scan<'a> {
    pub transcript: &'a Transcript,
    pub texts: &'a [TurnText],
    pub facts: HashMap<FactRef, Vec<Hit>>,
    detectors: &'a Detectors,
    phrases: Vec<Vec<RawHit>>,
    patterns: Vec<Vec<RawHit>>,
    sides: Vec<Side>,
    last_ms: u32,
    named: Vec<OnceCell<Vec<Hit>>>,
    /// What the revision's model says of the turns.
    learned: Option<(&'a Model, Scores)>,
}

impl<'a> Scan<'a> {
    /// Runs every phrase and pattern over every turn, once.
    pub fn new(
        detectors: &'a Detectors,
        transcript: &'a Transcript,
        texts: &'a [TurnText],
        facts: HashMap<FactRef, Vec<Hit>>,
    ) -> Self {
        let mut phrases = vec![Vec::new(); detectors.phrases.sets()];
        let mut patterns = vec![Vec::new(); detectors.patterns.len()];
        for (turn, text) in (0_u32..).zip(texts) {
            detectors.phrases.scan(turn, &text.tokens, &mut phrases);
            let words = transcript.turns.get(turn as usize).map_or("", |t| t.text.as_str());
            for (pattern, hits) in detectors.patterns.iter().zip(&mut patterns) {
                pattern.scan(turn, words, &text.tokens, hits);
            }
        }
        Self {
            transcript,
            texts,
            facts,
            detectors,
            phrases,
            patterns,
            sides: transcript.turns.iter().map(|t| t.sure_side()).collect(),
            last_ms: transcript.turns.iter().map(|t| t.end_ms).max().unwrap_or(0).max(transcript.duration_ms),
            named: (0..detectors.named.len()).map(|_| OnceCell::new()).collect(),
            learned: None,
        }
    }

    /// What a program found, by turn.
    pub fn run(&self, program: &Program) -> Vec<Hit> {
        self.evaluate(&program.root, program.side)
    }

    /// What the concept or signal of that index found.
    pub(super) fn named(&self, index: usize) -> &[Hit] {
        match (self.named.get(index), self.detectors.named.get(index)) {
            (Some(cell), Some(program)) => cell.get_or_init(|| self.run(program)),
            _ => &[],
        }
    }

    /// Hits of the concept or signal of that id.
    pub fn of(&self, id: &str) -> &[Hit] {
        self.detectors.names.iter().position(|name| name == id).map_or(&[], |index| self.named(index))
    }

    /// What the phrases of a set found, before it is judged whether it counts.
    pub(super) fn found_phrases(&self, set: usize) -> &[RawHit] {
        self.phrases.get(set).map_or(&[], Vec::as_slice)
    }

    /// As `found_phrases`, of a pattern.
    pub(super) fn found_patterns(&self, index: usize) -> &[RawHit] {
        self.patterns.get(index).map_or(&[], Vec::as_slice)
    }

    pub(super) fn side(&self, turn: u32) -> Side {
        self.sides.get(turn as usize).copied().unwrap_or(Side::Unknown)
    }

    /// Could nobody make out what was said? The words that stand there are the engine's.
    pub fn is_unintelligible(&self, turn: u32) -> bool {
        self.transcript.turns.get(turn as usize).is_none_or(|t| t.unintelligible)
    }

    /// Where a turn starts, as a share of the call.
    pub fn position(&self, turn: u32) -> f64 {
        self.transcript.position_within(turn as usize, self.last_ms)
    }

    /// When a turn starts and ends.
    pub(super) fn times(&self, turn: u32) -> (u32, u32) {
        self.transcript.turns.get(turn as usize).map_or((0, 0), |t| (t.start_ms, t.end_ms))
    }
}

#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod tests;
