//! The words of a conversation as streams: what one person says goes on after the other has said "okay".

use std::collections::HashMap;

use super::Utterance;
use crate::numbers::is_back_channel;
use crate::token::{Token, tokens};

/// So many words of others, other than back-channels, end what somebody was reading out.
const MAX_INTERRUPTION: usize = 12;

/// A word of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub utterance: usize,
    pub token: usize,
}

/// What somebody said without being interrupted for long.
pub type Stream = Vec<Place>;

/// A conversation cut into words.
pub struct Talk<'a> {
    pub lines: Vec<Line<'a>>,
}

/// One utterance.
pub struct Line<'a> {
    pub speaker: Option<&'a str>,
    pub text: &'a str,
    pub tokens: Vec<Token>,
}

impl<'a> Talk<'a> {
    pub fn new(utterances: &[Utterance<'a>]) -> Self {
        let line = |utterance: &Utterance<'a>| Line {
            speaker: utterance.speaker,
            text: utterance.text,
            tokens: tokens(utterance.text),
        };
        Self { lines: utterances.iter().map(line).collect() }
    }

    /// The word at a place.
    pub fn token(&self, place: Place) -> Option<&Token> {
        self.lines.get(place.utterance)?.tokens.get(place.token)
    }

    /// The folded word at a place; empty past the end.
    pub fn word(&self, place: Place) -> &str {
        self.token(place).map(|token| token.folded.as_str()).unwrap_or_default()
    }

    /// The word at a place as it was written.
    pub fn raw(&self, place: Place) -> &'a str {
        let Some(line) = self.lines.get(place.utterance) else { return "" };
        line.tokens.get(place.token).map(|token| token.raw(line.text)).unwrap_or_default()
    }

    /// Every word in order.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let of =
            |(utterance, line): (usize, &Line<'a>)| (0..line.tokens.len()).map(move |token| Place { utterance, token });
        self.lines.iter().enumerate().flat_map(of).collect::<Vec<_>>().into_iter()
    }

    /// What each speaker said, cut where others said more than a few words; and all words in one, since who spoke may
    /// have been told wrong.
    pub fn streams(&self) -> Vec<Stream> {
        let mut streams: Vec<Stream> = vec![self.places().collect()];
        // Of each speaker: the stream being filled, and how many words others have said since.
        let mut open: HashMap<Option<&str>, (usize, usize)> = HashMap::new();
        for (utterance, line) in self.lines.iter().enumerate() {
            let said = line.tokens.iter().filter(|token| !is_back_channel(&token.folded)).count();
            for (speaker, (_, others)) in &mut open {
                *others += if *speaker == line.speaker { 0 } else { said };
            }
            let next = streams.len();
            let (stream, others) = open.entry(line.speaker).or_insert((next, 0));
            if *others > MAX_INTERRUPTION {
                *stream = next;
            }
            *others = 0;
            if *stream == next {
                streams.push(Vec::new());
            }
            if let Some(places) = streams.get_mut(*stream) {
                places.extend((0..line.tokens.len()).map(|token| Place { utterance, token }));
            }
        }
        streams
    }

    /// Where one of these phrases ends: the places of their last words, in order.
    pub fn cues(&self, phrases: &[&str]) -> Vec<Place> {
        let phrases: Vec<Vec<&str>> = phrases.iter().map(|phrase| phrase.split(' ').collect()).collect();
        let mut found = Vec::new();
        for place in self.places() {
            let longest = phrases.iter().filter(|phrase| self.stands_at(place, phrase)).map(Vec::len).max();
            if let Some(length) = longest {
                found.push(Place { token: place.token + length - 1, ..place });
            }
        }
        found
    }

    fn stands_at(&self, place: Place, phrase: &[&str]) -> bool {
        phrase.iter().enumerate().all(|(offset, word)| {
            let said = self.word(Place { token: place.token + offset, ..place });
            said == *word || said.strip_suffix("'s") == Some(word) || said.strip_suffix('s') == Some(word)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(said: &[(&str, &str)]) -> Vec<String> {
        let utterances: Vec<Utterance> =
            said.iter().map(|(who, text)| Utterance { speaker: Some(who), text }).collect();
        let talk = Talk::new(&utterances);
        let words = |stream: &Stream| stream.iter().map(|place| talk.word(*place)).collect::<Vec<_>>().join(" ");
        talk.streams().iter().skip(1).map(words).collect()
    }

    #[test]
    fn back_channels_do_not_cut_what_somebody_reads_out_and_talk_does() {
        let short = [("a", "four one"), ("b", "Mm-hm, go ahead."), ("a", "one one")];
        assert_eq!(streams(&short), ["four one one one", "mm hm go ahead"]);
        let long = "Before you go on, I wanted to ask about the contract that we sent over to legal last week.";
        assert_eq!(streams(&[("a", "four one"), ("b", long), ("a", "one one")]).len(), 3);
    }

    #[test]
    fn a_cue_ends_where_its_longest_form_ends() {
        let utterances = [Utterance { speaker: None, text: "The account number, and the accounts." }];
        let talk = Talk::new(&utterances);
        let found: Vec<usize> =
            talk.cues(&["account", "account number"]).into_iter().map(|place| place.token).collect();
        assert_eq!(found, [2, 5]);
    }
}
