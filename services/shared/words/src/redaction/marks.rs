//! Words that are to be taken out, and the ranges of text they make.

use std::collections::BTreeMap;
use std::ops::Range;

use super::glyphs::Glyph;
use super::talk::{Place, Talk};
use super::{Found, Kind};
use crate::numbers::is_filler;

/// More words between two marked ones are left.
const MAX_BETWEEN: usize = 6;

/// What was found so far.
#[derive(Default)]
pub struct Marks {
    words: BTreeMap<Place, Kind>,
    /// Ranges that are not made of whole words: keys and tokens with their punctuation.
    ranges: Vec<Found>,
}

impl Marks {
    /// Takes out the words that say these glyphs.
    pub fn glyphs(&mut self, glyphs: &[Glyph], kind: Kind) {
        for glyph in glyphs {
            self.word(glyph.first, kind);
            if glyph.first.utterance == glyph.last.utterance {
                for token in glyph.first.token..=glyph.last.token {
                    self.word(Place { token, ..glyph.first }, kind);
                }
            } else {
                self.word(glyph.last, kind);
            }
        }
    }

    /// Takes out a word; what it was found to be first it remains.
    pub fn word(&mut self, place: Place, kind: Kind) {
        self.words.entry(place).or_insert(kind);
    }

    /// Takes out a range of an utterance's text.
    pub fn range(&mut self, utterance: usize, span: Range<usize>, kind: Kind) {
        self.ranges.push(Found { utterance, span, kind });
    }

    /// The utterances that have marked words of a kind.
    pub fn utterances(&self, kind: Kind) -> impl Iterator<Item = usize> {
        self.words.iter().filter(move |(_, marked)| **marked == kind).map(|(place, _)| place.utterance)
    }

    /// The ranges to take out, in order, without overlaps; marked words with nothing but fillers between them in one.
    pub fn found(self, talk: &Talk) -> Vec<Found> {
        let Self { words, ranges } = self;
        let mut all = ranges;
        let mut last: Option<(Place, Kind)> = None;
        for (place, kind) in words {
            let Some(span) = talk.token(place).filter(|token| !token.is_mark).map(|token| token.span.clone()) else {
                continue;
            };
            let joins = last.is_some_and(|(before, of)| of == kind && only_fillers(talk, before, place));
            match all.last_mut().filter(|_| joins) {
                Some(open) => open.span.end = span.end,
                None => all.push(Found { utterance: place.utterance, span, kind }),
            }
            last = Some((place, kind));
        }
        merged(all)
    }
}

fn only_fillers(talk: &Talk, before: Place, after: Place) -> bool {
    before.utterance == after.utterance
        && after.token - before.token <= MAX_BETWEEN
        && (before.token + 1..after.token).all(|token| is_filler(talk.word(Place { token, ..before })))
}

/// Overlapping ranges in one, of the kind that begins first.
fn merged(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|found| (found.utterance, found.span.start, found.span.end));
    let mut result: Vec<Found> = Vec::with_capacity(all.len());
    for found in all {
        match result.last_mut() {
            Some(last) if last.utterance == found.utterance && found.span.start < last.span.end => {
                last.span.end = last.span.end.max(found.span.end);
            }
            _ => result.push(found),
        }
    }
    result
}
