//! Denial: a negation before the find in its clause, behind it, or between its words.

use super::{AUXILIARIES, starts_clause, word};
use crate::domain::text::token::Token;
use std::ops::Range;

/// How far a negation reaches to the right, and how far a fronted object stands before one.
const REACH: usize = 7;
const FRONTED_REACH: usize = 4;
/// How far `instead of` and its like reach.
const PAIR_REACH: usize = 4;

const NEGATORS: &[&str] = &[
    "not", "no", "never", "without", "neither", "nobody", "nothing", "none", "nor", "hardly", "barely", "scarcely",
    "seldom", "rarely", "unable", "unlikely",
];
/// Two words that deny what comes right after.
const PAIRS: &[[&str; 2]] =
    &[["instead", "of"], ["rather", "than"], ["lack", "of"], ["absence", "of"], ["early", "to"], ["soon", "to"]];
/// A negation doesn't reach across these.
const CLAUSE_WORDS: &[&str] = &[
    "but", "because", "so", "although", "though", "unless", "until", "if", "whether", "when", "which", "who", "and",
    "then", "what", "how", "where", "while", "than", "except",
];
const SUBJECTS: &[&str] = &["i", "we", "you", "they", "he", "she", "it", "that", "this"];
/// `I don't think we have a budget` denies the budget; `I didn't realise we had one` doesn't.
const RAISING: &[&str] = &[
    "think",
    "believe",
    "suppose",
    "guess",
    "reckon",
    "expect",
    "say",
    "saying",
    "claim",
    "sure",
    "certain",
    "convinced",
    "confident",
    "feel",
    "seem",
    "like",
    "want",
    "hope",
    "mean",
    "imply",
    "promise",
    "guarantee",
    "sense",
    "see",
    "chance",
    "way",
    "know",
    "sign",
    "evidence",
    "as",
];
/// After `not`: nothing is denied, or one denial takes back the other.
const NOT_DENYING: &[&str] = &[
    "only",
    "just",
    "least",
    "merely",
    "simply",
    "solely",
    "forget",
    "hesitate",
    "mind",
    "doubt",
    "stress",
    "overstate",
    "skip",
    "ignore",
    "avoid",
    "overlook",
];
/// After an answering `no` a new clause begins; the others are idioms.
const AFTER_ANSWERING_NO: &[&str] = &[
    "i", "we", "it", "that", "you", "he", "she", "they", "there", "this", "these", "those", "the", "a", "an", "our",
    "my", "your", "their", "its", "no", "not", "but", "so", "and", "yes", "yeah", "actually", "wait", "sorry",
    "thanks", "thank", "because", "problem", "problems", "worries", "doubt", "matter", "question", "wonder",
    "pressure", "kidding", "less", "sooner", "rush", "hurry",
];
/// What may follow the auxiliary of a negative question: `isn't that …`, `don't you …`, `doesn't the …`.
const ASKED_SUBJECTS: &[&str] = &[
    "i", "we", "you", "they", "he", "she", "it", "that", "this", "these", "those", "there", "the", "your", "our", "my",
    "his", "her", "their", "anyone", "anybody", "someone", "somebody",
];

/// Is it a word that denies?
pub fn is_negator(word: &str) -> bool {
    NEGATORS.contains(&word)
}

pub(super) fn is_denied(tokens: &[Token], found: &Range<usize>) -> bool {
    denied_before(tokens, found)
        || follows_pair(tokens, found.start)
        // `less painful` denies, `less` further off doesn't.
        || word(tokens, found.start.wrapping_sub(1)) == "less"
        || fronted(tokens, found)
        || denied_after(tokens, found)
}

/// Does a negation stand between the words of the find? For a phrase that names none itself: *we don't have a budget*
/// holds *we have a budget* but for two words.
pub fn is_denied_inside(tokens: &[Token], found: &Range<usize>) -> bool {
    let inner = found.start + 1..found.end.saturating_sub(1);
    inner.into_iter().any(|i| denies(tokens, i) && !tokens.get(i + 1).is_some_and(|t| t.after_break))
}

fn denied_before(tokens: &[Token], found: &Range<usize>) -> bool {
    let sentence = tokens.get(found.start).map(|t| t.sentence);
    let (mut i, mut in_own_clause) = (found.start, true);
    for _ in 0..REACH {
        if i == 0 || tokens.get(i).is_some_and(|t| t.after_break) {
            return false;
        }
        i -= 1;
        let Some(token) = tokens.get(i) else { return false };
        if Some(token.sentence) != sentence {
            return false;
        }
        if denies(tokens, i) {
            return in_own_clause || (i + 1..found.start).any(|k| RAISING.contains(&word(tokens, k)));
        }
        if CLAUSE_WORDS.contains(&&*token.word) && !is_transparent(tokens, i) {
            return false;
        }
        in_own_clause &= !is_subject(tokens, i);
    }
    false
}

/// `not so expensive`; `I don't know whether we have a budget` leaves it open.
fn is_transparent(tokens: &[Token], i: usize) -> bool {
    match word(tokens, i) {
        "so" => word(tokens, i.wrapping_sub(1)) == "not",
        "if" | "whether" => {
            matches!(word(tokens, i.wrapping_sub(1)), "know" | "sure" | "certain" | "tell" | "say" | "clear" | "see")
        }
        _ => false,
    }
}

/// A subject with its verb begins a clause of its own.
fn is_subject(tokens: &[Token], i: usize) -> bool {
    match word(tokens, i) {
        "i" | "we" | "they" | "he" | "she" => true,
        "you" | "it" | "that" | "this" | "there" => AUXILIARIES.contains(&word(tokens, i + 1)),
        _ => false,
    }
}

fn denies(tokens: &[Token], i: usize) -> bool {
    let (before, here, after) = (word(tokens, i.wrapping_sub(1)), word(tokens, i), word(tokens, i + 1));
    match here {
        "not" => {
            !NOT_DENYING.contains(&after)
                && !matches!(before, "why" | "if" | "or")
                && !asks(tokens, i)
                && !is_idiom(tokens, i)
                // `Not really` answers; `we don't really …` denies.
                && (after != "really" || AUXILIARIES.contains(&before))
        }
        "no" => !AFTER_ANSWERING_NO.contains(&after),
        "without" => !matches!(after, "doubt" | "question" | "fail" | "further") && !is_idiom(tokens, i),
        "nothing" => !matches!(after, "but" | "more" | "else" | "like" | "beats"),
        _ => NEGATORS.contains(&here),
    }
}

/// `isn't that expensive`, `can't we look at it`, but not `don't send it` and `can't do Friday`.
fn asks(tokens: &[Token], not: usize) -> bool {
    let auxiliary = not.wrapping_sub(1);
    AUXILIARIES.contains(&word(tokens, auxiliary))
        && starts_clause(tokens, auxiliary)
        && ASKED_SUBJECTS.contains(&word(tokens, not + 1))
}

/// `not to mention`, `can't wait`, `can't help but`, `couldn't agree more`, `without a doubt`.
fn is_idiom(tokens: &[Token], i: usize) -> bool {
    match (word(tokens, i + 1), word(tokens, i + 2)) {
        ("to", "mention") | ("help", "but") | ("agree", "more") | ("a", "doubt") => true,
        ("wait", "to" | "for") => word(tokens, i.wrapping_sub(1)) == "can",
        _ => false,
    }
}

fn follows_pair(tokens: &[Token], start: usize) -> bool {
    let mut i = start;
    for _ in 0..PAIR_REACH {
        if i == 0 || tokens.get(i).is_some_and(|t| t.after_break) {
            return false;
        }
        i -= 1;
        let pair = [word(tokens, i.wrapping_sub(1)), word(tokens, i)];
        let soon = pair[1] == "to" && word(tokens, i.wrapping_sub(2)) != "too";
        if PAIRS.contains(&pair) && !soon {
            return tokens.get(i).map(|t| t.sentence) == tokens.get(start).map(|t| t.sentence);
        }
    }
    false
}

fn fronted(tokens: &[Token], found: &Range<usize>) -> bool {
    let sentence = tokens.get(found.start).map(|t| t.sentence);
    let here = |k: usize| tokens.get(k).map(|t| t.sentence) == sentence;
    if !SUBJECTS.contains(&word(tokens, found.end)) || !here(found.end) {
        return false;
    }
    (found.end + 1..found.end + FRONTED_REACH).any(|k| here(k) && matches!(word(tokens, k), "not" | "never"))
}

/// `pricing isn't something for today`, `the audit won't be needed`.
fn denied_after(tokens: &[Token], found: &Range<usize>) -> bool {
    let sentence = tokens.get(found.start).map(|t| t.sentence);
    let here =
        |k: usize| tokens.get(k).map(|t| t.sentence) == sentence && !tokens.get(k).is_some_and(|t| t.after_break);
    let not = found.end + 1;
    if !(here(found.end) && here(not) && here(not + 1)) || word(tokens, not) != "not" {
        return false;
    }
    if !AUXILIARIES.contains(&word(tokens, found.end)) {
        return false;
    }
    let rest = not + 1 + usize::from(matches!(word(tokens, not + 1), "really" | "even" | "be"));
    matches!(
        (word(tokens, rest), word(tokens, rest + 1)),
        ("needed" | "necessary" | "required" | "relevant" | "something" | "happening" | "there" | "apply", _)
            | ("for", "today" | "now" | "me" | "us" | "you")
            | ("in", "scope")
            | ("on", "the")
            | (
                "a" | "an" | "our" | "the" | "my",
                "issue" | "problem" | "concern" | "worry" | "option" | "topic" | "blocker",
            )
    )
}
