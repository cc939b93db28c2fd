//! Words with times beside the text they are of.

use std::ops::Range;

use crate::domain::transcript::{Turn, Word};

/// Where each word stands in the text; `None` if the words are not those of the text, in its order.
pub fn places(text: &str, words: &[Word]) -> Option<Vec<Range<usize>>> {
    let mut places = Vec::with_capacity(words.len());
    let mut at = 0;
    for word in words {
        let said = word.text.trim();
        let rest = text.get(at..)?;
        let start = at + rest.find(said)?;
        // Between two words of a text stand spaces, and no other words.
        if said.is_empty() || !text.get(at..start)?.chars().all(|c| !c.is_alphanumeric()) {
            return None;
        }
        at = start + said.len();
        places.push(start..at);
    }
    text.get(at..)?.chars().all(|c| !c.is_alphanumeric()).then_some(places)
}

/// Whether a turn's words, if it has any, are those of its text or of what its text was before names were put right.
pub fn follow(turn: &Turn) -> bool {
    turn.annotations.words.is_empty() || places(&heard(turn), &turn.annotations.words).is_some()
}

/// The text as the engine wrote it: with the originals of what was put right.
pub fn heard(turn: &Turn) -> String {
    let edits = turn.annotations.corrections.iter().map(|correction| throughline_words::Edit {
        span: correction.span.clone(),
        replacement: correction.original.clone(),
    });
    throughline_words::Edited::new(&turn.text, edits.collect()).text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<Word> {
        texts.iter().map(|text| Word { text: (*text).to_owned(), ..Word::default() }).collect()
    }

    #[test]
    fn words_are_found_in_their_text_with_and_without_its_marks() {
        assert_eq!(places("So, yes.", &words(&["So,", "yes."])), Some(vec![0..3, 4..8]));
        assert_eq!(places("So, yes.", &words(&[" So", "yes"])), Some(vec![0..2, 4..7]));
    }

    #[test]
    fn words_of_another_text_are_not() {
        for other in [vec!["So"], vec!["yes", "So"], vec!["So", "no", "yes"], vec!["So", "yes", "no"]] {
            assert_eq!(places("So, yes.", &words(&other)), None, "{other:?}");
        }
    }
}
