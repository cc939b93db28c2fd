//! What is only supposed: `suppose she signs`, `what if`, `if we had a budget`, `in a perfect world`.

use super::{matches_any, starts_clause, word};
use crate::domain::text::token::Token;
use std::ops::Range;

/// Up to the end of the sentence.
const SUPPOSES: &[&[&str]] = &[
    &["suppose"],
    &["supposing"],
    &["imagine"],
    &["hypothetically"],
    &["theoretically"],
    &["in", "theory"],
    &["pretend"],
    &["for", "argument"],
    &["for", "the", "sake", "of", "argument"],
    &["what", "if"],
    &["if", "only"],
    &["i", "wish"],
    &["we", "wish"],
    &["let", "us", "say"],
    &["let", "us", "assume"],
    &["in", "another", "life"],
    &["one", "could"],
    &["perfect", "world"],
    &["ideal", "world"],
    &["would", "be", "nice", "to"],
    &["would", "be", "nice", "if"],
    &["as", "if"],
    &["were", "we", "to"],
    &["had", "we"],
];
/// At the start of a clause only: `I would say we …` supposes nothing.
const AT_START: &[&str] = &["say", "assume", "assuming", "presuming", "picture"];
const SUBJECTS: &[&str] = &["i", "we", "you", "they", "he", "she", "it", "there", "somebody", "someone"];
/// After `if` and a subject: the speaker does not hold it true.
const UNREAL: &[&str] = &["were", "had", "was", "did", "could", "got", "gave", "signed", "ever"];

/// Longest condition without a mark behind it, from its verb on.
const CONDITION_WORDS: usize = 6;

/// Where the stretch ends that starts at this token, if one does. `within`: as far as it could reach.
pub(super) fn reach(tokens: &[Token], i: usize, within: &Range<usize>) -> Option<usize> {
    if matches_any(tokens, i, SUPPOSES) && !is_denied(tokens, i, within.start) {
        return Some(within.end);
    }
    let here = word(tokens, i);
    if AT_START.contains(&here) && starts_clause(tokens, i) && starts_supposition(tokens, i + 1) {
        return Some(within.end);
    }
    let unreal = here == "if" && SUBJECTS.contains(&word(tokens, i + 1)) && UNREAL.contains(&word(tokens, i + 2));
    unreal.then(|| condition_end(tokens, i + 2, within.end))
}

/// What follows from the condition is meant: `if there was an excursion the vials are gone`.
fn condition_end(tokens: &[Token], verb: usize, end: usize) -> usize {
    let to = end.min(verb + CONDITION_WORDS);
    let ends = |i: &usize| tokens.get(*i).is_some_and(|t| t.after_break) || SUBJECTS.contains(&word(tokens, *i));
    (verb + 1..to).find(ends).unwrap_or(to)
}

/// `I can't imagine`, `you wouldn't suppose`.
fn is_denied(tokens: &[Token], i: usize, start: usize) -> bool {
    i > start
        && matches!(word(tokens, i - 1), "not" | "never" | "i")
        && matches!(word(tokens, i), "imagine" | "suppose")
}

fn starts_supposition(tokens: &[Token], i: usize) -> bool {
    SUBJECTS.contains(&word(tokens, i)) || matches!(word(tokens, i), "the" | "that" | "your" | "our" | "a" | "this")
}
