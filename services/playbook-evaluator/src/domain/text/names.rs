//! Names, settled over a whole call: a word written large at the start of a sentence is a name only if it is written
//! large elsewhere too, and a word that also appears in small letters is none.

use super::TurnText;
use super::tag::Tags;
use std::collections::{HashMap, HashSet};

/// How a word was written over the call.
#[derive(Default)]
struct Writing {
    large_inside: bool,
    small: bool,
}

/// Marks the names of every turn.
pub fn settle(texts: &mut [TurnText]) {
    let mut words: HashMap<Box<str>, Writing> = HashMap::new();
    for text in texts.iter() {
        for (i, token) in text.tokens.iter().enumerate() {
            let writing = words.entry(token.word.clone()).or_default();
            writing.small |= !token.tags.contains(Tags::CAPITAL);
            writing.large_inside |= token.tags.contains(Tags::CAPITAL) && !starts_sentence(text, i);
        }
    }
    let names: HashSet<Box<str>> =
        words.into_iter().filter(|(_, w)| w.large_inside && !w.small).map(|(word, _)| word).collect();
    for text in texts.iter_mut() {
        for i in 0..text.tokens.len() {
            let inside = !starts_sentence(text, i);
            let Some(token) = text.tokens.get_mut(i) else { continue };
            let is_word = !token.tags.contains(Tags::FUNCTION)
                && !token.tags.contains(Tags::DATE)
                && !token.tags.contains(Tags::NUMBER)
                && token.word.len() > 1;
            // Inside a sentence a capital is enough unless the word also stands in small letters.
            let is_name = names.contains(&token.word) && token.tags.contains(Tags::CAPITAL) && (inside || is_word);
            if is_word && is_name {
                token.tags.insert(Tags::NAME);
            }
        }
    }
}

fn starts_sentence(text: &TurnText, token: usize) -> bool {
    text.tokens
        .get(token)
        .and_then(|t| text.sentences.get(t.sentence as usize))
        .is_some_and(|s| s.tokens.start == token)
}
