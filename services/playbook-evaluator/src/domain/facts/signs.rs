//! Words that speak for and against what stands near them: weights of whole lists of phrases, added up.

use super::cues::Cues;
use crate::domain::text::TurnText;
use std::ops::Range;

/// From this weight on a list's words are quoted together with what they speak for.
const TELLING: f64 = 1.0;
/// What a word's distance takes from the weight of a telling list, and at most.
const PER_WORD: f64 = 0.03;
const AT_MOST: f64 = 0.3;

/// Weight, reach in words, words allowed between those of a phrase, phrases.
pub type List<'a> = (f64, usize, usize, &'a [&'a str]);

/// Several lists of phrases.
#[derive(Debug)]
pub struct Signs(Vec<(f64, usize, Cues)>);

impl Signs {
    /// Compiles the lists.
    pub fn new(lists: &[List<'_>]) -> Self {
        Self(lists.iter().map(|(weight, reach, gap, phrases)| (*weight, *reach, Cues::new(phrases, *gap))).collect())
    }

    /// Where each list's phrases stand in a turn, unless denied.
    pub fn around(&self, text: &TurnText) -> Around {
        Around(self.0.iter().map(|(weight, reach, cues)| (*weight, *reach, cues.find_meant(text))).collect())
    }
}

/// The signs of one turn.
#[derive(Debug)]
pub struct Around(Vec<(f64, usize, Vec<Range<usize>>)>);

impl Around {
    /// How much speaks for what stands at `tokens`, and the words from there to the telling ones. Each list counts once.
    pub fn weigh(&self, tokens: &Range<usize>) -> (f64, Range<usize>) {
        let (mut sum, mut covered) = (0.0, tokens.clone());
        for (weight, reach, places) in &self.0 {
            let near = |cue: &&Range<usize>| cue.start <= tokens.end + reach && tokens.start <= cue.end + reach;
            let nearest = places.iter().filter(near).min_by_key(|cue| cue.start.abs_diff(tokens.start));
            let Some(cue) = nearest else { continue };
            sum += weight;
            if *weight > TELLING {
                // Of several the one next to the words is meant.
                let apart = cue.start.abs_diff(tokens.end).min(tokens.start.abs_diff(cue.end));
                sum -= (apart as f64 * PER_WORD).min(AT_MOST);
                covered = covered.start.min(cue.start)..covered.end.max(cue.end);
            }
        }
        (sum, covered)
    }
}
