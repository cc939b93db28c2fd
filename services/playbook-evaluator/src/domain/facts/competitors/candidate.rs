//! Words of one turn that may name a supplier, and how they are written.

use super::around::Around;
use super::capitals::COMMON_CAPITALS;
use super::feature::{Feature, Features};

use crate::domain::text::lexicon::{is_given_name, is_place_name, is_rare};
use crate::domain::text::tag::Tags;
use crate::domain::text::{Token, TurnText};
use std::ops::Range;

/// A place where a name may stand.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub tokens: Range<usize>,
    pub features: Features,
}

/// How one turn is read.
pub(super) struct Reader<'a> {
    pub source: &'a str,
    pub text: &'a TurnText,
    /// Does the call have capitals?
    pub capitals: bool,
    /// Is the word written large inside a sentence somewhere in the call?
    pub inside: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    /// Every candidate of the turn.
    pub fn candidates(&self) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = if self.capitals { self.large() } else { self.small() }
            .into_iter()
            .map(|tokens| Candidate { tokens, features: Features::default() })
            .collect();
        if found.is_empty() {
            return found;
        }
        let around = Around::of(self.text);
        for candidate in &mut found {
            self.shape(candidate);
            around.mark(self.text, candidate);
        }
        found
    }

    fn token(&self, at: usize) -> Option<&Token> {
        self.text.tokens.get(at)
    }

    fn word(&self, at: usize) -> &str {
        self.token(at).map_or("", |token| &*token.word)
    }

    /// Runs of words written large.
    fn large(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.text.tokens.len() {
            let sentence = self.text.sentence_of(at);
            let goes_on = |i: &usize| self.goes_on(at, *i);
            let length = match self.token(at) {
                Some(first) if self.starts_name(first, at, &sentence) => {
                    1 + (at + 1..(at + 3).min(sentence.end)).take_while(goes_on).count()
                }
                _ => 0,
            };
            if length > 0 {
                found.push(at..at + length);
            }
            at += length.max(1);
        }
        found
    }

    fn starts_name(&self, token: &Token, at: usize, sentence: &Range<usize>) -> bool {
        token.tags.contains(Tags::CAPITAL)
            && &*token.word != "i"
            && is_name(token)
            && (at != sentence.start
                || is_rare(token)
                || (self.inside)(&token.word)
                || self.goes_on_large(at)
                || self.acts(at)
                || self.does(at)
                || self.is_alone(at, sentence))
    }

    /// Is this word, too, part of the name that starts at `first`?
    fn goes_on(&self, first: usize, at: usize) -> bool {
        self.token(at).is_some_and(|token| {
            let large = token.tags.contains(Tags::CAPITAL) && &*token.word != "i";
            // A number ends a name: `Route 9`.
            let number = token.tags.contains(Tags::NUMBER) && at == first + 1 && is_digits(token);
            (large || number) && !token.after_break
        })
    }

    /// `Tally Plus`, `Route 9`, `Awake.AI` at the start of a sentence.
    fn goes_on_large(&self, at: usize) -> bool {
        let next = self.token(at + 1).filter(|next| !next.after_break);
        let large = next.is_some_and(|t| t.tags.contains(Tags::CAPITAL) && (is_name(t) || self.is_dotted(at)));
        large || next.is_some_and(is_digits)
    }

    /// Does a full stop without a space stand between this word and the next?
    fn is_dotted(&self, at: usize) -> bool {
        let between = self.token(at).zip(self.token(at + 1)).and_then(|(a, b)| self.source.get(a.end..b.start));
        between == Some(".")
    }

    /// `Harbour came in`, `Pigeon offers`: a noun without an article, and what suppliers do.
    fn acts(&self, at: usize) -> bool {
        ACTS.contains(&self.next_word(at)) && self.token(at).is_some_and(|noun| !noun.tags.contains(Tags::ROLE))
    }

    /// `Compass would`: a noun without an article, and what anybody does.
    fn does(&self, at: usize) -> bool {
        DOES.contains(&self.next_word(at)) && self.token(at).is_some_and(|noun| !noun.tags.contains(Tags::ROLE))
    }

    /// `Portico. They are`: a sentence of its own, and the next is about them.
    fn is_alone(&self, at: usize, sentence: &Range<usize>) -> bool {
        *sentence == (at..at + 1) && matches!(self.word(at + 1), "they" | "their" | "theirs" | "them")
    }

    fn next_word(&self, at: usize) -> &str {
        self.token(at + 1).filter(|next| !next.after_break).map_or("", |next| &*next.word)
    }

    /// In a transcript without capitals any word that isn't grammar may be a name, and so may two in a row, and letters
    /// that are spelled.
    fn small(&self) -> Vec<Range<usize>> {
        let content = |i: usize| self.token(i).is_some_and(|t| is_name(t) && (is_rare(t) || !is_verb(&t.word)));
        let number = |i: usize| self.token(i).is_some_and(|t| t.tags.contains(Tags::NUMBER));
        let mut found = Vec::new();
        for at in 0..self.text.tokens.len() {
            if content(at) {
                let pair = if content(at + 1) || number(at + 1) { 2 } else { 1 };
                found.extend((1..=pair).map(|n| at..at + n));
            }
            let letters = self.letters_from(at);
            let spelled = if letters == 1 && number(at + 1) { 2 } else { letters };
            if spelled > 1 && (at == 0 || self.letters_from(at - 1) == 0) {
                found.push(at..at + spelled);
            }
        }
        found
    }

    /// Letters in a row, each a word: up to four, not `i` or `a` alone.
    fn letters_from(&self, at: usize) -> usize {
        let letter = |i: &usize| {
            let word = self.word(*i);
            word.chars().count() == 1 && word.chars().all(char::is_alphabetic) && !matches!(word, "i" | "a" | "s")
        };
        (at..at + 4).take_while(letter).count()
    }

    fn shape(&self, candidate: &mut Candidate) {
        let Candidate { tokens: range, features } = candidate;
        let tokens = self.text.tokens.get(range.clone()).unwrap_or_default();
        let rare = tokens.iter().any(is_rare);
        let sentence = self.text.sentence_of(range.start);
        let starts = sentence.start == range.start;
        let said = self.text.said(self.source, range).unwrap_or_default();
        let (one, capitals) = (tokens.len() == 1, self.capitals);
        let given = tokens.first().is_some_and(|t| is_given_name(t) || (!one && is_title(t)));
        let letter = |t: &Token| t.word.chars().count() == 1;
        features.insert_if(Feature::GivenName, given);
        features.insert_if(Feature::GivenTwo, given && !one);
        features.insert_if(Feature::PlaceName, is_place_name(&said.to_lowercase()));
        features.insert_if(Feature::Small, !capitals);
        features.insert_if(Feature::SmallRare, !capitals && rare && !given);
        features.insert_if(Feature::CapitalInside, capitals && !starts);
        features.insert_if(Feature::CapitalAtStart, capitals && starts);
        features.insert_if(Feature::CapitalRare, capitals && rare);
        let common = capitals && starts && one && !rare;
        features.insert_if(Feature::CapitalCommon, common && self.acts(range.start));
        features.insert_if(Feature::CapitalDoes, common && self.does(range.start));
        features.insert_if(Feature::Alone, sentence == *range && self.text.tokens.len() > range.len());
        features.insert_if(Feature::Coined, is_coined(said) || (!one && self.is_dotted(range.start)));
        features.insert_if(Feature::Acronym, one && said.chars().all(|c| !c.is_lowercase()));
        features.insert_if(Feature::TwoWords, capitals && !one);
        features.insert_if(Feature::SmallTwoWords, !capitals && !one);
        features.insert_if(Feature::WithNumber, !one && tokens.last().is_some_and(|t| t.tags.contains(Tags::NUMBER)));
        features.insert_if(Feature::WithLetter, capitals && !one && tokens.last().is_some_and(letter));
        features.insert_if(Feature::Spelled, !capitals && tokens.first().is_some_and(letter));
    }
}

const ACTS: &[&str] = &[
    "called", "came", "charge", "charges", "emailed", "keeps", "offer", "offered", "offers", "phoned", "pitched",
    "promised", "quoted", "quotes", "rang", "sent", "showed", "wants", "wrote",
];

const DOES: &[&str] = &[
    "are", "can", "could", "couldn't", "did", "do", "does", "gave", "got", "had", "has", "have", "is", "said", "says",
    "tried", "was", "were", "will", "would",
];

/// Forms that only verbs have, where nothing else tells a name.
fn is_verb(word: &str) -> bool {
    word.ends_with("ed") || word.ends_with("ing") || matches!(word, "came" | "gave" | "sent" | "went" | "rang" | "told")
}

fn is_name(token: &Token) -> bool {
    const NOT: [Tags; 4] = [Tags::FUNCTION, Tags::NUMBER, Tags::DATE, Tags::MONEY];
    token.word.chars().count() > 2
        && !NOT.iter().any(|tag| token.tags.contains(*tag))
        && !COMMON_CAPITALS.contains(&&*token.word)
}

fn is_digits(token: &Token) -> bool {
    token.word.len() < 4 && token.word.chars().all(|c| c.is_ascii_digit())
}

/// `Frau Pfau` is a person.
fn is_title(token: &Token) -> bool {
    const TITLES: [&str; 16] = [
        "frau", "herr", "mr", "mrs", "ms", "miss", "dr", "doctor", "sister", "uncle", "aunt", "big", "old", "monsieur",
        "madame", "mister",
    ];
    TITLES.contains(&&*token.word)
}

/// A capital inside the word.
fn is_coined(said: &str) -> bool {
    said.chars().zip(said.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}
