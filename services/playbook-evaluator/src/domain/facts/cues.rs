//! Small closed lists of words that the fact extractors share, compiled as phrases.

use crate::domain::detect::{Phrase, PhraseIndex, RawHit};
use crate::domain::text::TurnText;

/// A named list of phrases looked for in one turn.
#[derive(Debug)]
pub struct Cues {
    index: PhraseIndex,
}

impl Cues {
    /// Compiles a list. A phrase that doesn't parse is a defect: it fails the tests, and is left out elsewhere.
    pub fn new(phrases: &[&str], gap: usize) -> Self {
        let mut index = PhraseIndex::default();
        let read: Vec<Phrase> = phrases.iter().filter_map(|p| Phrase::parse(p, gap).ok()).collect();
        debug_assert_eq!(read.len(), phrases.len(), "one of {phrases:?} does not parse");
        index.add(read);
        Self { index }
    }

    /// Every place in the turn.
    pub fn find(&self, text: &TurnText) -> Vec<std::ops::Range<usize>> {
        self.scan(text).into_iter().map(|h| h.tokens).collect()
    }

    /// Every place in the turn where it isn't denied.
    pub fn find_meant(&self, text: &TurnText) -> Vec<std::ops::Range<usize>> {
        self.scan(text).into_iter().filter(|h| !h.is_denied(&text.tokens)).map(|h| h.tokens).collect()
    }

    fn scan(&self, text: &TurnText) -> Vec<RawHit> {
        let mut found = vec![Vec::<RawHit>::new()];
        self.index.scan(0, &text.tokens, &mut found);
        found.into_iter().flatten().collect()
    }

    /// Does one stand there that isn't denied?
    pub fn holds(&self, text: &TurnText) -> bool {
        !self.find_meant(text).is_empty()
    }

    /// Does one stand there, denied or not?
    pub fn stands(&self, text: &TurnText) -> bool {
        !self.find(text).is_empty()
    }
}
