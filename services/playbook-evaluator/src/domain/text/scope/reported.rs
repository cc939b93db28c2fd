//! What is told of somebody who is not at the table: `another customer told us`, `at my last company`.

use super::{matches_any, word};
use crate::domain::text::token::Token;
use std::ops::Range;

const OTHERS: &[&str] = &["another", "other", "others", "different", "previous", "former", "last"];
/// Businesses that are never the speaker's own.
const PARTIES: &[&str] = &[
    "customer",
    "customers",
    "client",
    "clients",
    "account",
    "accounts",
    "company",
    "companies",
    "firm",
    "firms",
    "bank",
    "banks",
    "vendor",
    "prospect",
    "prospects",
    "council",
    "councils",
    "retailer",
    "retailers",
    "insurer",
    "insurers",
    "outfit",
    "employer",
    "university",
    "universities",
    "job",
];
/// Parts of a business: a buyer's own, somebody else's when the seller tells of them.
const PLACES: &[&str] =
    &["hospital", "plant", "factory", "team", "school", "shop", "place", "site", "group", "trust", "airline", "lab"];
/// Tells whose words follow.
const REPORTING: &[&[&str]] = &[
    &["told", "us"],
    &["told", "me"],
    &["said", "to", "us"],
    &["said", "to", "me"],
    &["asked", "us"],
    &["they", "said"],
    &["he", "said"],
    &["she", "said"],
    &["they", "were", "saying"],
    &["people", "say"],
    &["somebody", "said"],
    &["someone", "said"],
    &["used", "to", "say"],
    &["always", "says"],
    &["i", "read", "that"],
    &["i", "heard", "that"],
    &["analysts", "say"],
    &["gartner", "says"],
    &["the", "article", "said"],
    &["rumour", "has", "it"],
    &["rumor", "has", "it"],
    &["at", "my", "old"],
    &["in", "my", "old"],
    &["where", "i", "worked", "before"],
    &["where", "i", "was", "before"],
];
/// Words that say the source is one's own: `my boss told me`, `our CFO said to us`.
const OWN: &[&str] = &["my", "our", "your"];
const OWN_REACH: usize = 5;
/// Words of an attribution that ends its sentence: `…, one customer told us`.
const TRAILING_WORDS: usize = 6;

/// Where the stretch starts that this token opens, if it does: at the token, or at the start of a sentence that ends with
/// its attribution.
pub(super) fn reach(tokens: &[Token], i: usize, sentence: &Range<usize>) -> Option<usize> {
    let reports = matches_any(tokens, i, REPORTING) && !is_own_source(tokens, i, sentence.start);
    if !reports && !speaks_of_others(tokens, i, sentence) {
        return None;
    }
    let mark = (sentence.start + 1..=i).rev().find(|k| tokens.get(*k).is_some_and(|t| t.after_break));
    let trails = mark.is_some_and(|mark| sentence.end - mark <= TRAILING_WORDS && says_so(tokens, mark..sentence.end));
    Some(if trails { sentence.start } else { i })
}

fn says_so(tokens: &[Token], range: Range<usize>) -> bool {
    range.into_iter().any(|k| matches!(word(tokens, k), "told" | "said" | "says" | "say" | "tells" | "tell"))
}

/// `our CFO told me`: one of us, who counts.
fn is_own_source(tokens: &[Token], i: usize, start: usize) -> bool {
    let near = start.max(i.saturating_sub(OWN_REACH))..i;
    let own = near.clone().any(|k| OWN.contains(&word(tokens, k)));
    own && !near.into_iter().any(|k| PARTIES.contains(&word(tokens, k)))
}

/// `another customer`, `one of our clients`, `a bank we work with`.
fn speaks_of_others(tokens: &[Token], i: usize, sentence: &Range<usize>) -> bool {
    let here = word(tokens, i);
    match here {
        "one" | "some" | "most" | "two" | "many" if word(tokens, i + 1) == "of" => {
            matches!(word(tokens, i + 2), "our" | "my" | "the") && soon(tokens, i + 3, 2, sentence, PARTIES)
        }
        "most" | "many" | "some" => PARTIES.contains(&word(tokens, i + 1)) && word(tokens, i + 1).ends_with('s'),
        "a" | "an" | "one" => is_of_ours(tokens, i, sentence),
        "customers" | "clients" | "companies" => word(tokens, i + 1) == "like" && word(tokens, i + 2) == "you",
        "our" => word(tokens, i + 1) == "other" && soon(tokens, i + 2, 2, sentence, PARTIES),
        "we" | "i" => tells_of(tokens, i, sentence, PARTIES),
        _ => is_other(tokens, i, sentence, PARTIES),
    }
}

/// What a seller tells of the customers it has: a buyer says the same of its own.
pub(super) fn is_sellers_story(tokens: &[Token], i: usize, sentence: &Range<usize>) -> bool {
    match word(tokens, i) {
        "our" => matches!(word(tokens, i + 1), "customers" | "clients" | "accounts"),
        "one" | "some" | "most" | "two" if word(tokens, i + 1) == "of" => {
            matches!(word(tokens, i + 2), "our" | "my" | "the") && soon(tokens, i + 3, 2, sentence, PLACES)
        }
        "we" | "i" => tells_of(tokens, i, sentence, PLACES),
        _ => is_other(tokens, i, sentence, PLACES),
    }
}

/// `a client of ours`, `a bank we work with`.
fn is_of_ours(tokens: &[Token], i: usize, sentence: &Range<usize>) -> bool {
    let party = (i + 1..(i + 4).min(sentence.end)).find(|k| PARTIES.contains(&word(tokens, *k)));
    party.is_some_and(|k| {
        let ours = word(tokens, k + 1) == "of" && matches!(word(tokens, k + 2), "ours" | "mine");
        let known = matches!(word(tokens, k + 1), "we" | "i")
            && matches!(word(tokens, k + 2), "work" | "worked" | "know" | "had" | "have" | "serve" | "did");
        ours || known
    })
}

/// `we had a factory in Portugal`, `I worked with a bank`.
fn tells_of(tokens: &[Token], i: usize, sentence: &Range<usize>, parties: &[&str]) -> bool {
    let skip = usize::from(matches!(word(tokens, i + 1), "have" | "had" | "also"));
    matches!(word(tokens, i + 1), "had" | "have" | "worked" | "work" | "did" | "saw")
        && (i + 1..i + 3 + skip).any(|k| matches!(word(tokens, k), "a" | "an" | "with" | "one"))
        && soon(tokens, i + 2, 4, sentence, parties)
}

fn is_other(tokens: &[Token], i: usize, sentence: &Range<usize>, parties: &[&str]) -> bool {
    OTHERS.contains(&word(tokens, i))
        && soon(tokens, i + 1, 2, sentence, parties)
        && !(i > sentence.start && matches!(word(tokens, i - 1), "your" | "any" | "what" | "which" | "the"))
}

fn soon(tokens: &[Token], from: usize, n: usize, sentence: &Range<usize>, parties: &[&str]) -> bool {
    (from..(from + n).min(sentence.end)).any(|k| parties.contains(&word(tokens, k)))
}
