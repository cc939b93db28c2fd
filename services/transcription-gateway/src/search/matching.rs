//! Whether a turn matches, where, and how well. The score is made of the query and the turn alone, so that both databases
//! give the same, and a page begins where the one before it ended whatever was indexed between them.

use std::ops::Range;

use super::query::{Query, Term};
use super::words::{Word, words};

/// BM25's saturation and weight of the length, as Robertson gives them for text of any kind.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Words of a usual turn. A constant, not the mean of what is stored: the score must not move when calls come in.
const USUAL_WORDS: f64 = 20.0;
/// What an inflection counts beside the very form that was asked for.
const INFLECTED: f64 = 0.8;

/// Where and how well a turn matches.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Match {
    /// Bytes of the text, in order, not overlapping.
    pub spans: Vec<Range<usize>>,
    pub score: f64,
}

/// The match of `query` in `text`; `None` if it does not match.
pub fn find(query: &Query, text: &str) -> Option<Match> {
    let words = words(text);
    if query.excluded.iter().any(|term| !occurrences(term, &words).is_empty()) {
        return None;
    }
    let mut spans = Vec::new();
    let mut score = 0.0;
    for group in &query.required {
        let mut frequency = 0.0;
        for term in group {
            for Occurrence { span, weight } in occurrences(term, &words) {
                frequency += weight;
                spans.push(span);
            }
        }
        if frequency == 0.0 {
            return None;
        }
        score += saturated(frequency, words.len());
    }
    Some(Match { spans: merged(spans), score })
}

/// BM25 without the rarity of words in the collection: what is searched for with AND is in every turn that matches.
fn saturated(frequency: f64, length: usize) -> f64 {
    // Turns have at most 10,000 characters.
    let length = u32::try_from(length).map_or(f64::MAX, f64::from);
    frequency * (K1 + 1.0) / (frequency + K1 * (1.0 - B + B * length / USUAL_WORDS))
}

struct Occurrence {
    span: Range<usize>,
    weight: f64,
}

fn occurrences(term: &Term, words: &[Word]) -> Vec<Occurrence> {
    let whole = |word: &Word, weight: f64| Occurrence { span: word.span.clone(), weight };
    match term {
        Term::Word { form, stem } => {
            let same = words.iter().filter(|word| word.stem.as_ref() == Some(stem));
            same.map(|word| whole(word, if word.form.as_ref() == Some(form) { 1.0 } else { INFLECTED })).collect()
        }
        Term::Prefix(begin) => {
            let begins = |word: &&Word| word.form.as_ref().is_some_and(|form| form.starts_with(begin.as_str()));
            words.iter().filter(begins).map(|word| whole(word, 1.0)).collect()
        }
        Term::Phrase(phrase) => {
            let same = |part: &&[Word]| part.iter().zip(phrase).all(|(word, form)| word.form.as_ref() == Some(form));
            let parts = words.windows(phrase.len().max(1)).filter(same);
            let weight = u32::try_from(phrase.len()).map_or(1.0, f64::from);
            let span = |part: &[Word]| Some(part.first()?.span.start..part.last()?.span.end);
            parts.filter_map(|part| Some(Occurrence { span: span(part)?, weight })).collect()
        }
    }
}

fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matched<'a>(query: &str, text: &'a str) -> Option<Vec<&'a str>> {
        let found = find(&Query::parse(query).unwrap(), text)?;
        Some(found.spans.into_iter().map(|span| &text[span]).collect())
    }

    fn score(query: &str, text: &str) -> f64 {
        find(&Query::parse(query).unwrap(), text).unwrap().score
    }

    #[test]
    fn words_match_in_any_inflection_and_phrases_do_not() {
        let text = "Our security team reviewed it; the security review is done.";
        assert_eq!(matched("review", text), Some(vec!["reviewed", "review"]));
        assert_eq!(matched("\"security review\"", text), Some(vec!["security review"]));
        assert_eq!(matched("\"reviews\"", text), None);
        assert_eq!(matched("secur* done", text), Some(vec!["security", "security", "done"]));
        assert_eq!(matched("budget OR team", text), Some(vec!["team"]));
        assert_eq!(matched("budget team", text), None);
        assert_eq!(matched("team -done", text), None);
        assert_eq!(matched("team -\"done deal\"", text), Some(vec!["team"]));
        assert_eq!(matched("\"security review\" review", text), Some(vec!["reviewed", "security review"]));
        assert_eq!(matched("", text), Some(vec![]));
    }

    #[test]
    fn more_in_fewer_words_and_the_very_form_score_higher() {
        assert!(score("price", "The price, the price.") > score("price", "The price, the time."));
        assert!(score("price", "What price?") > score("price", "What would the price be for all of us next year?"));
        assert!(score("price", "What price?") > score("price", "What pricing?"));
    }

    proptest! {
        #[test]
        fn spans_are_in_order_apart_and_on_characters(query in "[abä]{1,3}( OR [abä]{1,2})?", text in "[abä .]{0,40}") {
            if let Some(found) = find(&Query::parse(&query).unwrap(), &text) {
                let mut end = 0;
                for span in found.spans {
                    prop_assert!(end <= span.start && span.start < span.end);
                    prop_assert!(text.get(span.clone()).is_some());
                    end = span.end;
                }
                prop_assert!(found.score > 0.0);
            }
        }
    }
}
