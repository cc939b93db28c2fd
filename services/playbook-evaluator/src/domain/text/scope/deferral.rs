//! Politeness and putting off: the thing is named in order not to talk of it. `Let's park pricing`, `we'll come to
//! pricing later`, `before we get into pricing`, `pricing can wait`.

use super::{matches_any, word};
use crate::domain::text::token::Token;
use std::ops::Range;

/// Words before and after a find in which it may be put off.
const BEFORE: usize = 6;
const AFTER: usize = 6;

const PUTS_OFF: &[&[&str]] = &[
    &["park"],
    &["parking"],
    &["shelve"],
    &["postpone"],
    &["skip"],
    &["hold", "off", "on"],
    &["steer", "clear", "of"],
    &["stay", "away", "from"],
    &["set", "aside", "the"],
    &["leave", "aside"],
    &["put", "aside"],
];
/// Puts off only with a later time behind the find.
const LEAVES: &[&str] = &["leave", "save", "keep", "put", "table", "hold", "set"];
const TALKS: &[&[&str]] = &[
    &["talk"],
    &["discuss"],
    &["get", "to"],
    &["get", "into"],
    &["come", "to"],
    &["go", "into"],
    &["touch"],
    &["cover"],
    &["address"],
    &["speak"],
    &["dig"],
    &["dive"],
    &["jump"],
    &["come", "back", "to"],
    &["turn", "to"],
];
const MODALS: &[&str] = &["will", "can", "could", "shall", "should", "us", "would", "rather", "maybe"];
const LATER: &[&[&str]] = &[
    &["later"],
    &["another", "time"],
    &["another", "day"],
    &["another", "call"],
    &["next", "time"],
    &["next", "call"],
    &["other", "time"],
    &["in", "a", "moment"],
    &["in", "a", "minute"],
    &["in", "a", "bit"],
    &["in", "a", "second"],
    &["down", "the", "line"],
    &["down", "the", "road"],
    &["at", "the", "end"],
    &["for", "the", "end"],
    &["for", "now"],
    &["aside"],
    &["to", "one", "side"],
    &["for", "last"],
    &["afterwards"],
    &["until", "then"],
    &["out", "of", "it"],
];
/// Right behind the find.
const WAITS: &[&[&str]] = &[
    &["can", "wait"],
    &["could", "wait"],
    &["will", "wait"],
    &["can", "come", "later"],
    &["comes", "later"],
    &["is", "for", "another"],
    &["is", "for", "later"],
    &["is", "for", "next"],
    &["is", "off", "the", "table"],
    &["is", "out", "of", "the", "question"],
    &["is", "out", "of", "scope"],
    &["'s", "for", "another"],
    &["'s", "for", "later"],
    &["off", "the", "table"],
    &["out", "of", "the", "question"],
];

pub(super) fn is_put_off(tokens: &[Token], found: &Range<usize>) -> bool {
    if matches_any(tokens, found.end, WAITS) && same_sentence(tokens, found.start, found.end) {
        return true;
    }
    let from = clause_from(tokens, found.start);
    let before = from..found.start;
    if before.clone().any(|i| matches_any(tokens, i, PUTS_OFF) && !is_refused(tokens, i, from)) {
        return true;
    }
    // `before we get into pricing`: other things come first.
    let talk = (from..found.end).find(|i| matches_any(tokens, *i, TALKS));
    if talk.is_some_and(|at| {
        (at.saturating_sub(3)..at).any(|i| word(tokens, i) == "before" && same_sentence(tokens, i, at))
    }) {
        return true;
    }
    let leaves = before.clone().any(|i| LEAVES.contains(&word(tokens, i)));
    let will_talk = talk.is_some_and(|at| (at.saturating_sub(4)..at).any(|i| MODALS.contains(&word(tokens, i))));
    (leaves || will_talk) && is_later(tokens, found)
}

fn is_later(tokens: &[Token], found: &Range<usize>) -> bool {
    (found.end..found.end + AFTER).any(|i| matches_any(tokens, i, LATER) && same_sentence(tokens, found.start, i))
}

/// `we can't skip the review` puts nothing off.
fn is_refused(tokens: &[Token], i: usize, from: usize) -> bool {
    (from.max(i.saturating_sub(3))..i).any(|k| matches!(word(tokens, k), "not" | "never"))
}

fn same_sentence(tokens: &[Token], a: usize, b: usize) -> bool {
    let sentence = |i: usize| tokens.get(i).map(|t| t.sentence);
    sentence(a).is_some() && sentence(a) == sentence(b)
}

/// Where the clause of a token starts, at most some words before it.
fn clause_from(tokens: &[Token], start: usize) -> usize {
    let mut i = start;
    while i > start.saturating_sub(BEFORE)
        && !tokens.get(i).is_some_and(|t| t.after_break)
        && same_sentence(tokens, i - 1, start)
        && !matches!(word(tokens, i - 1), "but" | "and" | "because")
    {
        i -= 1;
    }
    i
}
