//! Where words don't count as said by the speaker: negated, hypothetical, or reported from somebody else.

use super::sentence::Sentence;
use super::token::Token;
use std::ops::Range;

/// Stretches of a turn, in tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes {
    pub hypothetical: Vec<Range<usize>>,
    pub reported: Vec<Range<usize>>,
}

/// How far a negation reaches to the right, and how far a fronted object stands before one.
const NEGATION_REACH: usize = 7;
const FRONTED_REACH: usize = 4;
/// Length of a scope in a turn without sentence marks.
const UNPUNCTUATED_REACH: usize = 25;

const NEGATORS: &[&str] = &["not", "never", "without", "neither", "nobody", "none", "hardly", "nor"];
/// A negation doesn't reach across these.
const CLAUSE_WORDS: &[&str] = &[
    "but", "because", "so", "although", "though", "unless", "until", "if", "when", "which", "who", "and", "then",
    "what", "how",
];
const SUBJECTS: &[&str] = &["i", "we", "you", "they", "he", "she", "it", "that", "this"];

const HYPOTHETICAL: &[&[&str]] = &[
    &["suppose"],
    &["supposing"],
    &["imagine"],
    &["hypothetically"],
    &["in", "theory"],
    &["pretend"],
    &["for", "argument"],
    &["if", "i", "were"],
    &["if", "we", "were"],
    &["if", "you", "were"],
    &["if", "they", "were"],
    &["in", "another", "life"],
    &["one", "could"],
];

const OTHERS: &[&str] = &["another", "other", "others", "different", "previous", "former", "last"];
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
    "hospital",
    "university",
    "plant",
    "factory",
    "team",
    "school",
    "council",
    "retailer",
    "insurer",
    "shop",
    "place",
    "outfit",
    "site",
    "group",
];
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
];

/// Finds the stretches of a turn.
pub fn find(tokens: &[Token], sentences: &[Sentence], punctuated: bool) -> Scopes {
    let mut scopes = Scopes::default();
    for sentence in sentences {
        let range = sentence.tokens.clone();
        for i in range.clone() {
            if matches_any(tokens, i, HYPOTHETICAL) {
                scopes.hypothetical.push(reach(i, &range, punctuated));
            }
            if speaks_of_another_party(tokens, i, &range) || matches_any(tokens, i, REPORTING) {
                scopes.reported.push(reach(i, &range, punctuated));
            }
        }
        // `They asked who signs.` after a sentence about another customer is still about that customer.
        let follows_report = scopes.reported.last().is_some_and(|r| r.end == range.start);
        if follows_report && matches!(word(tokens, range.start), "they" | "their" | "he" | "she") {
            scopes.reported.push(range);
        }
    }
    scopes
}

fn reach(i: usize, sentence: &Range<usize>, punctuated: bool) -> Range<usize> {
    let end = if punctuated { sentence.end } else { (i + UNPUNCTUATED_REACH).min(sentence.end) };
    i..end
}

fn word(tokens: &[Token], i: usize) -> &str {
    tokens.get(i).map_or("", |t| &t.word)
}

fn matches_any(tokens: &[Token], i: usize, cues: &[&[&str]]) -> bool {
    cues.iter().any(|words| words.iter().enumerate().all(|(k, w)| word(tokens, i + k) == *w))
}

/// `another customer`, `one of our clients`, `we had a factory in Portugal`.
fn speaks_of_another_party(tokens: &[Token], i: usize, sentence: &Range<usize>) -> bool {
    let here = word(tokens, i);
    let party_soon =
        |from: usize, n: usize| (from..(from + n).min(sentence.end)).any(|k| PARTIES.contains(&word(tokens, k)));
    match here {
        "one" | "some" | "most" | "two" if word(tokens, i + 1) == "of" => {
            matches!(word(tokens, i + 2), "our" | "my" | "the") && party_soon(i + 3, 2)
        }
        "our" => {
            matches!(word(tokens, i + 1), "customers" | "clients" | "accounts")
                || (word(tokens, i + 1) == "other" && party_soon(i + 2, 2))
        }
        "we" | "i" => {
            let skip = usize::from(matches!(word(tokens, i + 1), "have" | "had" | "also"));
            matches!(word(tokens, i + 1), "had" | "have" | "worked" | "work" | "did" | "saw")
                && (i + 1..i + 3 + skip).any(|k| matches!(word(tokens, k), "a" | "an" | "with" | "one"))
                && party_soon(i + 2, 4)
        }
        _ => {
            OTHERS.contains(&here)
                && i > sentence.start
                && party_soon(i + 1, 2)
                && !matches!(word(tokens, i - 1), "your" | "any" | "what" | "which" | "the")
        }
    }
}

/// Is what stands in these tokens denied in its clause? `we won't get into pricing`, `pricing we won't touch today`.
pub fn is_negated(tokens: &[Token], found: &Range<usize>) -> bool {
    let sentence = tokens.get(found.start).map(|t| t.sentence);
    let mut i = found.start;
    for _ in 0..NEGATION_REACH {
        if i == 0 || tokens.get(i).is_some_and(|t| t.after_break) {
            break;
        }
        i -= 1;
        let Some(token) = tokens.get(i) else { break };
        if Some(token.sentence) != sentence || CLAUSE_WORDS.contains(&&*token.word) {
            break;
        }
        if negates(tokens, i) {
            return true;
        }
    }
    // `less painful` denies, `less` further off doesn't.
    word(tokens, found.start.wrapping_sub(1)) == "less" || fronted(tokens, found, sentence)
}

fn negates(tokens: &[Token], i: usize) -> bool {
    let (before, here, after) = (word(tokens, i.wrapping_sub(1)), word(tokens, i), word(tokens, i + 1));
    match here {
        // `not only`, `why not`, `don't you think`, `isn't it`, `can't we`: nothing is denied.
        "not" => {
            !matches!(
                after,
                "only" | "just" | "sure" | "you" | "we" | "it" | "there" | "they" | "that" | "really" | "least"
            ) && before != "why"
                && before != "if"
                && before != "or"
        }
        "no" => !matches!(
            after,
            "i" | "we" | "it" | "that" | "you" | "problem" | "worries" | "no" | "but" | "doubt" | "matter"
        ),
        _ => NEGATORS.contains(&here),
    }
}

fn fronted(tokens: &[Token], found: &Range<usize>, sentence: Option<u32>) -> bool {
    let subject = word(tokens, found.end);
    if !SUBJECTS.contains(&subject) || tokens.get(found.end).map(|t| t.sentence) != sentence {
        return false;
    }
    (found.end + 1..found.end + FRONTED_REACH)
        .any(|k| tokens.get(k).map(|t| t.sentence) == sentence && word(tokens, k) == "not")
}

/// Does one of the stretches cover the start of the find?
pub fn covers(stretches: &[Range<usize>], found: &Range<usize>) -> bool {
    stretches.iter().any(|s| s.contains(&found.start))
}
