//! `echoes`: a turn that takes up the words of earlier turns, as a rep does who ties an answer to what was said.

use super::Scan;
use super::hit::Hit;
use crate::domain::playbook::Speaker;
use crate::domain::text::tag::Tags;
use std::collections::{HashMap, HashSet};

/// A word in more turns than this share is the subject of the call, and taking it up says nothing.
const COMMON_SHARE: f64 = 0.12;
const COMMON_TURNS: usize = 6;
/// Shorter words carry no topic.
const MIN_WORD_BYTES: usize = 4;

impl Scan<'_> {
    pub(super) fn echoes(&self, of: &[Hit], words: usize, side: Speaker) -> Vec<Hit> {
        if of.is_empty() {
            return Vec::new();
        }
        let common = self.common_stems();
        let (mut certain_words, mut possible_words) = (HashSet::new(), HashSet::new());
        let mut sources = of.iter().peekable();
        let mut hits = Vec::new();
        for (turn, text) in (0_u32..).zip(self.texts) {
            while let Some(source) = sources.next_if(|s| s.turn < turn) {
                let words = if source.certain { &mut certain_words } else { &mut possible_words };
                words.extend(self.topic_stems(source.turn).filter(|s| !common.contains(s)));
            }
            let Some(certain) = self.admits(turn, side) else { continue };
            let taken_up = |known: &HashSet<&str>| {
                let at: Vec<usize> =
                    text.tokens.iter().enumerate().filter(|(_, t)| known.contains(&*t.stem)).map(|(i, _)| i).collect();
                let distinct: HashSet<&str> = at.iter().filter_map(|i| text.tokens.get(*i)).map(|t| &*t.stem).collect();
                (distinct.len() >= words).then(|| at.first().copied().unwrap_or(0)..at.last().map_or(0, |l| l + 1))
            };
            if let Some(tokens) = taken_up(&certain_words) {
                hits.push(Hit::single(turn, tokens, "echoes", certain));
            } else if let Some(tokens) = taken_up(&possible_words) {
                hits.push(Hit::single(turn, tokens, "echoes", false));
            }
        }
        hits
    }

    fn topic_stems(&self, turn: u32) -> impl Iterator<Item = &str> {
        let tokens = self.texts.get(turn as usize).map_or(&[][..], |t| t.tokens.as_slice());
        tokens.iter().filter(|t| !t.tags.contains(Tags::FUNCTION) && t.word.len() >= MIN_WORD_BYTES).map(|t| &*t.stem)
    }

    fn common_stems(&self) -> HashSet<&str> {
        let mut turns_with: HashMap<&str, usize> = HashMap::new();
        for turn in (0_u32..).take(self.texts.len()) {
            for stem in self.topic_stems(turn).collect::<HashSet<_>>() {
                *turns_with.entry(stem).or_default() += 1;
            }
        }
        let limit = ((self.texts.len() as f64 * COMMON_SHARE) as usize).max(COMMON_TURNS);
        turns_with.into_iter().filter(|(_, n)| *n > limit).map(|(stem, _)| stem).collect()
    }
}
