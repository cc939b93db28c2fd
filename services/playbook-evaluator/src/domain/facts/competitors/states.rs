//! What a language model makes of a name where it is said: the name in the words around it, and the state of its tokens.
//!
//! Only names that are plausible by their features are read, since each costs a run of the model.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use throughline_embeddings::Vector;

use super::pool::{Mention, Named, names};
use super::weights::Weights;
use crate::domain::call::{Call, Transcript};
use crate::domain::text::TurnText;

/// Words on either side of the name that the model reads.
const AROUND: usize = 25;
/// Words of the end of the turn before: what a name answers to.
const BEFORE: usize = 20;
/// Names that score less by what was known before any was learned are not read, and teach nothing; there are many.
const PLAUSIBLE: f64 = -5.0;

/// A mention, by its turn and tokens.
type Key = (u32, Range<usize>);

/// A name in what was said around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    mention: Key,
    pub text: String,
    /// Bytes of the name in `text`.
    pub name: Range<usize>,
}

/// States of the names of a call, by mention.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct States(HashMap<Key, Vector>);

impl States {
    /// Of places in their order.
    pub fn new(places: Vec<Place>, states: impl IntoIterator<Item = Vector>) -> Self {
        Self(places.into_iter().map(|place| place.mention).zip(states).collect())
    }

    /// Gives every mention its state.
    pub(super) fn give<'n>(&self, names: impl Iterator<Item = &'n mut Named>) {
        for mention in names.flat_map(|named| &mut named.mentions) {
            mention.state = self.0.get(&(mention.turn, mention.tokens.clone())).copied();
        }
    }
}

/// The plausible names of a call, where they are said.
pub fn places(call: &Call, transcript: &Transcript, texts: &[TurnText]) -> Vec<Place> {
    let named = plausible(call, transcript, texts);
    let mentions = named.values().flat_map(|named| &named.mentions);
    mentions.filter_map(|mention| place(mention, transcript, texts)).collect()
}

pub(super) fn plausible(call: &Call, transcript: &Transcript, texts: &[TurnText]) -> BTreeMap<String, Named> {
    let known = Weights::known();
    let mut named = names(call, transcript, texts);
    named.retain(|_, named| known.score(named) > PLAUSIBLE);
    named
}

fn place(mention: &Mention, transcript: &Transcript, texts: &[TurnText]) -> Option<Place> {
    let turn = mention.turn as usize;
    let said = &transcript.turns.get(turn)?.text;
    let tokens = texts.get(turn)?.tokens.get(mention.tokens.clone())?;
    let (start, end) = (tokens.first()?.start, tokens.last()?.end);
    let before = turn.checked_sub(1).and_then(|turn| transcript.turns.get(turn)).map_or("", |turn| &turn.text);
    let mut text = last_words(before, BEFORE).join(" ");
    for word in last_words(said.get(..start)?, AROUND) {
        text.push(' ');
        text.push_str(word);
    }
    // What stands at the name without a space belongs to it: `(Kestrel)`.
    if said.get(..start)?.ends_with(char::is_whitespace) || start == 0 {
        text.push(' ');
    }
    let name = text.len()..text.len() + (end - start);
    text.push_str(said.get(start..end)?);
    let behind = said.get(end..)?;
    let mut apart = behind.starts_with(char::is_whitespace);
    for word in behind.split_whitespace().take(AROUND) {
        if apart {
            text.push(' ');
        }
        text.push_str(word);
        apart = true;
    }
    Some(Place { mention: (mention.turn, mention.tokens.clone()), text, name })
}

/// The last words of a text, in their order.
fn last_words(text: &str, count: usize) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().rev().take(count).collect();
    words.reverse();
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::talk;

    #[test]
    fn a_name_is_read_in_the_words_around_it() {
        let filler = "and so on ".repeat(20);
        let asked = format!("R: {filler}So who else do you look at?");
        let answered = format!("B: Well, {filler}we had a quote from (Kestrel), as it happens. {filler}");
        let (call, transcript) = talk::of(&[&asked, &answered]);
        let texts = TurnText::read_all(transcript.turns.iter().map(|turn| turn.text.as_str()));
        let places = places(&call, &transcript, &texts);
        let place = places.iter().find(|place| &place.text[place.name.clone()] == "Kestrel").unwrap();
        assert!(place.text.contains("So who else do you look at? on and so on"), "{}", place.text);
        assert!(place.text.contains("a quote from (Kestrel), as it happens. and so on"), "{}", place.text);
        // The bracket and what follows the name are words of their own, written to it.
        assert_eq!(place.text.split_whitespace().count(), BEFORE + AROUND - 1 + 1 + AROUND - 1);
    }
}
