//! What is taken of a remote engine's answer: bounded, without control characters, and with word times only where they
//! can be true. Nothing is repaired: times that make no sense are left out, not guessed.

use super::{EngineError, Recognition, Request};
use crate::domain::transcript::Word;

/// More characters than this in a second are not speech; an answer that has them is not believed.
const MAX_CHARACTERS_A_SECOND: u64 = 100;
/// What even the shortest sound may have.
const MIN_ALLOWANCE: u64 = 400;
/// An engine counts in frames of its own, so that a last word may end a little after the sound.
const OVERHANG_MS: u64 = 500;

/// A word as an engine told it: milliseconds from the segment's begin, perhaps nonsense.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub text: String,
    pub start_ms: f64,
    pub end_ms: f64,
    pub confidence: Option<f64>,
}

/// The recognition of `request`, if it can be one.
pub(super) fn recognition(
    request: &Request,
    text: &str,
    told: Vec<Told>,
    language: Option<String>,
) -> Result<Recognition, EngineError> {
    let audio_ms = request.audio_ms();
    let text = plain(text);
    let most = MIN_ALLOWANCE + audio_ms * MAX_CHARACTERS_A_SECOND / 1_000;
    if text.chars().count() as u64 > most {
        return Err(EngineError::Failed(format!("it wrote more than anybody can say in {audio_ms} ms")));
    }
    let words = if text.is_empty() { Vec::new() } else { words(told, audio_ms) };
    Ok(Recognition { text, words, language })
}

/// One line without control characters, words apart by one space.
fn plain(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All of the words, or none where one has a time that can't be.
fn words(told: Vec<Told>, audio_ms: u64) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(told.len());
    for Told { text, start_ms, end_ms, confidence } in told {
        let text = plain(&text);
        if text.is_empty() {
            continue;
        }
        let last = words.last().map_or(0.0, |word| word.start_ms as f64);
        let latest = (audio_ms + OVERHANG_MS) as f64;
        // Written so that what is not a number fails.
        if !(last.floor() <= start_ms.round() && start_ms <= end_ms && end_ms <= latest) {
            return Vec::new();
        }
        let within = |ms: f64| (ms.round() as u64).min(audio_ms);
        let confidence = confidence.filter(|confidence| (0.0..=1.0).contains(confidence));
        words.push(Word { text, start_ms: within(start_ms), end_ms: within(end_ms), confidence });
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Urgency;
    use super::*;

    fn request(ms: usize) -> Request {
        Request::new(vec![0.0; ms * 16], Urgency::Live)
    }

    fn told(text: &str, start_ms: f64, end_ms: f64) -> Told {
        Told { text: text.to_owned(), start_ms, end_ms, confidence: None }
    }

    fn heard(text: &str, words: Vec<Told>) -> Recognition {
        recognition(&request(2_000), text, words, None).unwrap()
    }

    #[test]
    fn words_get_milliseconds_and_lose_spaces() {
        let found = heard(
            " hello\n there ",
            vec![told(" hello", 0.0, 400.4), told(" ", 1.0, 0.0), told("there", 400.0, 2_100.0)],
        );
        assert_eq!(found.text, "hello there");
        let times: Vec<_> = found.words.iter().map(|w| (w.text.as_str(), w.start_ms, w.end_ms)).collect();
        assert_eq!(times, [("hello", 0, 400), ("there", 400, 2_000)]);
    }

    #[test]
    fn one_impossible_time_takes_all_of_them_away() {
        let wrong =
            [(f64::NAN, 1.0), (-5.0, 1.0), (900.0, 800.0), (10.0, 9_000.0), (100.0, f64::INFINITY), (50.0, 60.0)];
        for (start_ms, end_ms) in wrong {
            let found = heard("one two", vec![told("one", 100.0, 200.0), told("two", start_ms, end_ms)]);
            assert_eq!((found.text.as_str(), found.words.len()), ("one two", 0), "{start_ms} {end_ms}");
        }
    }

    #[test]
    fn confidences_outside_of_0_to_1_are_none() {
        for (told, taken) in [(Some(0.5), Some(0.5)), (Some(-3.1), None), (Some(f64::NAN), None), (None, None)] {
            let word = Told { text: "a".to_owned(), start_ms: 0.0, end_ms: 1.0, confidence: told };
            assert_eq!(heard("a", vec![word]).words[0].confidence, taken);
        }
    }

    #[test]
    fn more_than_can_be_said_is_no_answer() {
        let long = "la ".repeat(500);
        assert!(matches!(recognition(&request(500), &long, Vec::new(), None), Err(EngineError::Failed(_))));
    }

    proptest! {
        #[test]
        fn whatever_is_told_comes_out_in_order_and_within_the_sound(
            text in ".{0,40}",
            told in prop::collection::vec((".{0,8}", -10.0_f64..3_000.0, any::<f64>(), any::<Option<f64>>()), 0..8),
        ) {
            let told = told.into_iter().map(|(text, start_ms, end_ms, confidence)| {
                Told { text, start_ms, end_ms, confidence }
            });
            let found = heard(&text, told.collect());
            prop_assert!(!found.text.contains(|c: char| c.is_control()));
            prop_assert!(found.words.is_sorted_by_key(|word| word.start_ms));
            for word in &found.words {
                prop_assert!(word.start_ms <= word.end_ms && word.end_ms <= 2_000 && !word.text.is_empty());
            }
        }
    }
}
