//! All phrases of a revision in one index: each turn is looked at once.

use super::phrase::{Atom, Phrase};
use crate::domain::text::scope;
use crate::domain::text::token::{Token, hash};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// Words that a leaf found, before it is judged whether they count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawHit {
    pub turn: u32,
    pub tokens: Range<usize>,
    /// What was looked for names a negation itself.
    pub negates: bool,
}

impl RawHit {
    /// Is it taken back by the words around it, or by words between its own?
    pub fn is_denied(&self, tokens: &[Token]) -> bool {
        scope::is_negated(tokens, &self.tokens) || (!self.negates && scope::is_denied_inside(tokens, &self.tokens))
    }
}

/// Most finds kept for one set of phrases in one turn.
const MAX_HITS_PER_TURN: usize = 16;

#[derive(Debug)]
struct Entry {
    phrase: Phrase,
    set: usize,
    anchor: usize,
}

type Buckets = HashMap<u64, Vec<usize>, BuildHasherDefault<Hashed>>;

/// Keys are hashes already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |h, b| h.rotate_left(8) ^ u64::from(*b));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Phrases by the stem of their anchor.
#[derive(Debug, Default)]
pub struct PhraseIndex {
    entries: Vec<Entry>,
    sets: usize,
    by_stem: Buckets,
    by_word: Buckets,
    /// Anchored by an ending or a kind: looked at for every token.
    open: Vec<usize>,
}

impl PhraseIndex {
    /// Adds a set of phrases and gives its number.
    pub fn add(&mut self, phrases: Vec<Phrase>) -> usize {
        let set = self.sets;
        self.sets += 1;
        for phrase in phrases {
            let (number, anchor) = (self.entries.len(), phrase.anchor());
            let firsts: Vec<Atom> = phrase
                .elements
                .get(anchor)
                .map(|e| e.alternatives.iter().filter_map(|a| a.first().cloned()).collect())
                .unwrap_or_default();
            if firsts.iter().any(|a| matches!(a, Atom::Prefix(_) | Atom::Kind(_) | Atom::Content)) {
                self.open.push(number);
            } else {
                for atom in firsts {
                    match atom {
                        Atom::Stem(stem) => insert(&mut self.by_stem, hash(&stem), number),
                        Atom::Exact(word) => insert(&mut self.by_word, hash(&word), number),
                        Atom::Prefix(_) | Atom::Kind(_) | Atom::Content => {}
                    }
                }
            }
            self.entries.push(Entry { phrase, set, anchor });
        }
        set
    }

    pub fn sets(&self) -> usize {
        self.sets
    }

    /// Finds every phrase in one turn. What is kept of a set is in the order of the words, whatever the order in which
    /// its phrases were written.
    pub fn scan(&self, turn: u32, tokens: &[Token], found: &mut [Vec<RawHit>]) {
        self.scan_up_to(MAX_HITS_PER_TURN, turn, tokens, found);
    }

    /// The same with another number of finds kept for each set, for phrases of which every place matters.
    pub fn scan_up_to(&self, most: usize, turn: u32, tokens: &[Token], found: &mut [Vec<RawHit>]) {
        let mut touched: Vec<(usize, usize)> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let by_stem = self.by_stem.get(&token.stem_hash).into_iter().flatten();
            let by_word = self.by_word.get(&token.word_hash).into_iter().flatten();
            for number in by_stem.chain(by_word).chain(&self.open) {
                let Some(entry) = self.entries.get(*number) else { continue };
                let Some(hits) = found.get_mut(entry.set) else { continue };
                if let Some(tokens) = entry.phrase.match_at(tokens, entry.anchor, at) {
                    if hits.last().is_none_or(|h| h.turn != turn) {
                        touched.push((entry.set, hits.len()));
                    }
                    hits.push(RawHit { turn, tokens, negates: entry.phrase.negates });
                }
            }
        }
        for (set, from) in touched {
            let Some(hits) = found.get_mut(set) else { continue };
            let mut of_turn = hits.split_off(from);
            of_turn.sort_by_key(|h| (h.tokens.start, h.tokens.end, h.negates));
            of_turn.dedup();
            hits.extend(of_turn.into_iter().take(most));
        }
    }
}

fn insert(index: &mut Buckets, key: u64, number: usize) {
    let numbers = index.entry(key).or_default();
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}
