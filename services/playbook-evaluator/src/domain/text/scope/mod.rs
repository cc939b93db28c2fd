//! Where words don't count as said by the speaker: negated, put off, hypothetical, or reported from somebody else.
//!
//! Denial is looked for around a find, since it depends on what was found; what is supposed or reported is known of a
//! turn before anything is looked for.

mod deferral;
mod hypothetical;
mod negation;
mod reported;

use super::sentence::Sentence;
use super::token::Token;
use std::ops::Range;

pub use negation::{is_denied_inside, is_negator};

/// Stretches of a turn, in tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes {
    pub hypothetical: Vec<Range<usize>>,
    /// Told of others, whoever speaks.
    pub reported: Vec<Range<usize>>,
    /// Told of others if the seller speaks: `our customers`, `we have a plant that …` is the buyer's own business.
    pub reported_by_seller: Vec<Range<usize>>,
}

/// Length of a scope in a turn without sentence marks.
const UNPUNCTUATED_REACH: usize = 25;

/// Finds the stretches of a turn.
pub fn find(tokens: &[Token], sentences: &[Sentence], punctuated: bool) -> Scopes {
    let mut scopes = Scopes::default();
    for sentence in sentences {
        let range = sentence.tokens.clone();
        for i in range.clone() {
            let end = if punctuated { range.end } else { (i + UNPUNCTUATED_REACH).min(range.end) };
            if let Some(end) = hypothetical::reach(tokens, i, &(range.start..end)) {
                scopes.hypothetical.push(i..end);
            }
            if let Some(start) = reported::reach(tokens, i, &range) {
                scopes.reported.push(start..end);
            } else if reported::is_sellers_story(tokens, i, &range) {
                scopes.reported_by_seller.push(i..end);
            }
        }
        go_on(tokens, &range, &mut scopes.reported);
        go_on(tokens, &range, &mut scopes.reported_by_seller);
    }
    scopes
}

/// `They asked who signs.` after a sentence about another customer is still about that customer.
fn go_on(tokens: &[Token], sentence: &Range<usize>, stretches: &mut Vec<Range<usize>>) {
    let follows = stretches.last().is_some_and(|r| r.end == sentence.start && r.start < r.end);
    let first = sentence.start + usize::from(matches!(word(tokens, sentence.start), "and" | "so" | "but" | "then"));
    if follows && matches!(word(tokens, first), "they" | "their" | "he" | "she" | "his" | "her") {
        stretches.push(sentence.clone());
    }
}

/// Is what stands in these tokens denied in its clause, or put off? `we won't get into pricing`, `pricing we won't touch
/// today`, `let's park pricing for now`.
pub fn is_negated(tokens: &[Token], found: &Range<usize>) -> bool {
    negation::is_denied(tokens, found) || deferral::is_put_off(tokens, found)
}

/// Does one of the stretches cover the start of the find?
pub fn covers(stretches: &[Range<usize>], found: &Range<usize>) -> bool {
    stretches.iter().any(|s| s.contains(&found.start))
}

fn word(tokens: &[Token], i: usize) -> &str {
    tokens.get(i).map_or("", |t| &t.word)
}

fn matches_any(tokens: &[Token], i: usize, cues: &[&[&str]]) -> bool {
    cues.iter().any(|words| words.iter().enumerate().all(|(k, w)| word(tokens, i + k) == *w))
}

/// Does a clause start at this token? At the sentence's start, after a mark, or after a word that links clauses.
fn starts_clause(tokens: &[Token], i: usize) -> bool {
    let Some(here) = tokens.get(i) else { return false };
    let before = i.checked_sub(1).and_then(|k| tokens.get(k));
    before.is_none_or(|b| b.sentence != here.sentence || here.after_break || LINKS.contains(&&*b.word))
}

/// Words that link clauses.
const LINKS: &[&str] = &[
    "and", "but", "so", "or", "because", "then", "well", "okay", "ok", "yeah", "yes", "no", "right", "now", "why",
    "when", "what", "how", "who", "where", "actually", "sorry", "look", "listen",
];

/// Auxiliary verbs.
const AUXILIARIES: &[&str] = &[
    "is", "are", "was", "were", "am", "do", "does", "did", "has", "have", "had", "can", "could", "will", "would",
    "shall", "should", "may", "might", "must", "'s",
];
