//! Questions, with and without a question mark: one transcript in four has no punctuation at all.

use super::sentence::Sentence;
use super::token::Token;
use std::ops::Range;

/// A question inside a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The words of the question; with marks the whole sentence, without them from the cue on.
    pub tokens: Range<usize>,
    /// Where the asking starts: words before it only lead up to it.
    pub cue: usize,
}

/// How far a question without marks reaches after its cue, and what leads up to it, in words.
const REACH: usize = 32;
const LEAD: usize = 10;

const WH: &[&str] = &["who", "whose", "whom", "what", "which", "when", "where", "why", "how"];
const AUX: &[&str] = &[
    "is", "are", "was", "were", "am", "do", "does", "did", "has", "have", "had", "can", "could", "will", "would",
    "shall", "should", "may", "might", "must",
];
const SUBJECT: &[&str] = &[
    "i", "you", "we", "they", "he", "she", "it", "there", "this", "that", "these", "those", "anyone", "anybody",
    "somebody", "someone", "ye", "your", "the", "any", "y'all",
];
/// What may stand right before a clause that asks.
const OPENERS: &[&str] = &[
    "and",
    "but",
    "so",
    "okay",
    "ok",
    "well",
    "now",
    "then",
    "because",
    "or",
    "like",
    "yeah",
    "yes",
    "no",
    "right",
    "look",
    "listen",
    "sorry",
    "actually",
    "anyway",
    "also",
    "cool",
    "great",
    "good",
    "perfect",
    "fine",
    "sure",
    "alright",
    "please",
    "maybe",
    "honestly",
    "see",
    "curious",
    "ask",
    "me",
    "mean",
    "question",
    "quick",
    "thing",
    "wondering",
    "wonder",
    "ha",
    "oh",
    "hey",
    "today",
    "just",
    "further",
    "with",
    "for",
    "in",
    "by",
    "from",
    "at",
];
/// Words in a row that ask without the form of a question.
const EMBEDDED: &[&[&str]] = &[
    &["wondering"],
    &["i", "wonder"],
    &["curious"],
    &["can", "i", "ask"],
    &["could", "i", "ask"],
    &["may", "i", "ask"],
    &["might", "i", "ask"],
    &["let", "me", "ask"],
    &["walk", "me", "through"],
    &["talk", "me", "through"],
    &["take", "me", "through"],
    &["help", "me", "understand"],
    &["help", "me", "see"],
    &["tell", "me"],
    &["tell", "us"],
    &["give", "me", "a", "sense"],
    &["give", "me", "a", "feel"],
    &["give", "me", "an", "idea"],
    &["any", "idea"],
    &["any", "sense"],
    &["love", "to", "hear"],
    &["love", "to", "understand"],
    &["love", "to", "know"],
    &["like", "to", "understand"],
    &["like", "to", "know"],
    &["like", "to", "hear"],
    &["want", "to", "understand"],
    &["want", "to", "know"],
    &["want", "to", "ask"],
    &["need", "to", "understand"],
    &["trying", "to", "understand"],
    &["remind", "me"],
    &["say", "more"],
    &["tell", "more"],
    &["how", "about"],
    &["what", "about"],
    &["paint", "me"],
    &["anything", "you"],
    &["anything", "else"],
    &["anything", "we"],
    &["anyone", "else"],
    &["sound", "fair"],
    &["sound", "good"],
    &["sounds", "good"],
    &["sounds", "fair"],
    &["make", "sense"],
    &["makes", "sense"],
    &["you", "agree"],
    &["any", "reason"],
    &["any", "chance"],
    &["describe"],
    &["explain", "to", "me"],
];

/// Words in a row that take a question back.
const TAKEN_BACK: &[&[&str]] = &[
    &["never", "mind"],
    &["do", "not", "mind", "me"],
    &["forget", "i", "asked"],
    &["only", "joking"],
    &["just", "joking"],
    &["only", "kidding"],
    &["just", "kidding"],
    &["do", "not", "answer"],
    &["scratch", "that"],
    &["ignore", "that"],
    &["ignore", "me"],
    &["not", "my", "business"],
    &["no", "need", "to", "answer"],
    &["forget", "it"],
    &["forget", "that"],
];

/// Is it a verb that begins a question for yes or no?
pub fn is_auxiliary(word: &str) -> bool {
    AUX.contains(&word)
}

/// All questions of a turn.
pub fn find(tokens: &[Token], sentences: &[Sentence], punctuated: bool) -> Vec<Question> {
    let mut found = Vec::new();
    for sentence in sentences {
        if sentence.asks {
            let cue = cue_in(tokens, sentence.tokens.clone(), true).unwrap_or(sentence.tokens.start);
            found.push(Question { tokens: sentence.tokens.clone(), cue });
        } else if punctuated {
            if let Some(cue) = cue_in(tokens, sentence.tokens.clone(), false) {
                found.push(Question { tokens: sentence.tokens.clone(), cue });
            }
        } else {
            unpunctuated(tokens, sentence.tokens.clone(), &mut found);
        }
    }
    let taken_back = last_taken_back(tokens);
    found.retain(|q| !is_rhetorical(tokens, q) && taken_back.is_none_or(|at| at < q.cue));
    found
}

/// `who wouldn't want that`, `can you imagine`.
fn is_rhetorical(tokens: &[Token], question: &Question) -> bool {
    let at = question.cue;
    let (first, second, third) = (word(tokens, at), word(tokens, at + 1), word(tokens, at + 2));
    let obvious =
        matches!(first, "who") && matches!(second, "would" | "does" | "do" | "could" | "can") && third == "not";
    let exclaims = matches!(first, "can" | "could") && second == "you" && matches!(third, "imagine" | "believe");
    obvious
        || exclaims
        || (first == "who" && matches!(second, "knows" | "cares"))
        || (first == "you" && second == "know" && third == "what")
}

/// Where `never mind`, `don't answer that` or `I'm only joking` was said last: a question before it was none.
fn last_taken_back(tokens: &[Token]) -> Option<usize> {
    let stands = |at: usize, words: &[&str]| words.iter().enumerate().all(|(k, w)| word(tokens, at + k) == *w);
    (0..tokens.len()).rfind(|at| TAKEN_BACK.iter().any(|words| stands(*at, words)))
}

fn unpunctuated(tokens: &[Token], range: Range<usize>, found: &mut Vec<Question>) {
    let mut at = range.start;
    while at < range.end {
        let Some(cue) = cue_in(tokens, at..range.end, true) else { return };
        let end = (cue + REACH).min(range.end);
        found.push(Question { tokens: cue.saturating_sub(LEAD).max(range.start)..end, cue });
        at = cue + 3;
    }
}

fn cue_in(tokens: &[Token], range: Range<usize>, anywhere: bool) -> Option<usize> {
    range.clone().find(|&i| is_cue(tokens, i, &range, anywhere))
}

fn word(tokens: &[Token], i: usize) -> &str {
    tokens.get(i).map_or("", |t| &t.word)
}

fn is_cue(tokens: &[Token], i: usize, range: &Range<usize>, anywhere: bool) -> bool {
    let here = word(tokens, i);
    if EMBEDDED
        .iter()
        .any(|words| words.iter().enumerate().all(|(k, w)| i + k < range.end && word(tokens, i + k) == *w))
    {
        return !denied_before(tokens, i, range.start);
    }
    let clause_start =
        i == range.start || tokens.get(i).is_some_and(|t| t.after_break) || OPENERS.contains(&word(tokens, i - 1));
    if WH.contains(&here) {
        let placed = clause_start || (anywhere && matches!(here, "what" | "how" | "why" | "whose"));
        return placed && asks_with_wh(tokens, i) && !denied_before(tokens, i, range.start);
    }
    if AUX.contains(&here) && i + 1 < range.end {
        let next = word(tokens, i + 1);
        let inverted = SUBJECT.contains(&next) || (next == "not" && SUBJECT.contains(&word(tokens, i + 2)));
        // `what you do you`, `so do we`: the word before is the subject or makes it an aside.
        let subject_before = i > range.start && SUBJECT.contains(&word(tokens, i - 1));
        return inverted && !subject_before && (clause_start || (anywhere && strong_inversion(here, next)));
    }
    false
}

/// Inversions that hardly ever stand in a statement.
fn strong_inversion(aux: &str, subject: &str) -> bool {
    matches!(
        subject,
        "you" | "there" | "we" | "i" | "they" | "he" | "she" | "it" | "ye" | "that" | "anyone" | "anybody"
    ) && !matches!((aux, subject), ("had", _) | ("were", _) | ("is", "that"))
}

/// `what is …` asks, `what I'd like …` doesn't.
fn asks_with_wh(tokens: &[Token], i: usize) -> bool {
    let next = word(tokens, i + 1);
    if AUX.contains(&next) || next == "'s" {
        return !(word(tokens, i) == "which" && next == "is");
    }
    match word(tokens, i) {
        "who" | "what" | "where" if next == "else" => true,
        "how" => !matches!(next, "we" | "i" | "you" | "they" | "it" | "he" | "she" | "to" | "our" | "the"),
        "whose" | "why" => true,
        "which" => !matches!(next, "i" | "we" | "you" | "they" | "it" | "he" | "she" | "means" | "meant"),
        "who" => !matches!(next, "i" | "we" | "you" | "they"),
        "what" => matches!(
            next,
            "kind"
                | "sort"
                | "happens"
                | "about"
                | "if"
                | "time"
                | "date"
                | "number"
                | "share"
                | "would"
                | "makes"
                | "drives"
                | "comes"
                | "goes"
                | "all"
        ),
        _ => false,
    }
}

/// `I won't ask who signs`.
fn denied_before(tokens: &[Token], i: usize, start: usize) -> bool {
    (start.max(i.saturating_sub(3))..i).any(|k| matches!(word(tokens, k), "not" | "never"))
}

#[cfg(test)]
mod tests {
    use crate::domain::text::TurnText;

    #[test]
    fn finds_questions_with_and_without_marks() {
        for text in [
            "Who signs that off?",
            "And what's that run, usually.",
            "okay so who else is going to be touched by this",
            "I was wondering what would have to be true on the infosec side",
            "so walk me through how a purchase like this goes",
            "yeah and is there a date you need it by",
            "Any sense of what that costs you",
        ] {
            assert!(!TurnText::read(text).questions.is_empty(), "{text}");
        }
    }

    #[test]
    fn statements_are_no_questions() {
        for text in [
            "What I'd like to do is show you one screen.",
            "When we started, nobody knew.",
            "that is how we do it and it works",
            "I won't ask who signs the cheque.",
            "We can start on Monday.",
        ] {
            assert!(TurnText::read(text).questions.is_empty(), "{text}: {:?}", TurnText::read(text).questions);
        }
    }
}
