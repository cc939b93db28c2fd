//! Names and words of a trade that engines mishear: found by their sound and put right, the original kept.
//!
//! A wrong name is worse than a misheard one. So nothing that is an ordinary word is replaced unless the vocabulary
//! itself says that it sounds so; a name is put in only where sound and spelling are both close, and where nothing else
//! in the vocabulary is as close.

mod sound;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use self::sound::{Sound, likeness};
use crate::dictionary::{is_common, is_stopword};
use crate::token::{Gap, Token, fold, tokens};

/// Words that are looked at together: `bright ledger`, `north more group`.
const MAX_WINDOW: usize = 3;
/// A shorter name is put right only where it is heard exactly as the vocabulary says.
const SHORTEST: usize = 4;
/// Ordinary words that together sound like a name must be at least so many letters.
const SHORTEST_COMPOUND: usize = 8;
/// How alike a word that is no ordinary one must be to a name.
const ALIKE: f64 = 0.84;
/// The same for ordinary words that together may be a name.
const VERY_ALIKE: f64 = 0.86;
/// How much more alike than the next name it must be.
const LEAD: f64 = 0.02;

/// A name, and what it is heard as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'a> {
    /// As it is to be written.
    pub text: &'a str,
    pub sounds_like: &'a [String],
}

/// A misheard name and what belongs in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Bytes of the text.
    pub span: Range<usize>,
    pub text: String,
}

/// The names of a workspace and a call, ready to be looked for.
#[derive(Debug, Default)]
pub struct Vocabulary {
    names: Vec<Entry>,
    /// Letters of what a name is heard as, to its name.
    heard_as: HashMap<String, usize>,
    /// Letters of a name as it is written.
    written: HashMap<String, usize>,
    /// Codes of sounds, whole and with one sound left out, to the names that have them.
    sounds: HashMap<String, Vec<usize>>,
    /// Every word of a name: where it stands, nothing was misheard.
    words: HashSet<String>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    /// Letters only, folded.
    letters: String,
    sound: Sound,
    /// Whether it is itself an ordinary word.
    is_common: bool,
    words: usize,
}

impl Vocabulary {
    /// A vocabulary of these names; of two that are written with the same letters the first counts.
    pub fn new<'a>(names: impl IntoIterator<Item = Name<'a>>) -> Self {
        let mut vocabulary = Self::default();
        for name in names {
            vocabulary.add(&name);
        }
        vocabulary
    }

    fn add(&mut self, name: &Name<'_>) {
        let words = tokens(name.text);
        let letters = joined(words.iter());
        if letters.is_empty() || self.written.contains_key(&letters) {
            return;
        }
        let index = self.names.len();
        let sound = Sound::of(&letters);
        for code in sound.codes() {
            self.sounds.entry(code).or_default().push(index);
        }
        let heard = name.sounds_like.iter().map(|heard| joined(tokens(heard).iter())).filter(|heard| !heard.is_empty());
        for heard in heard {
            self.heard_as.entry(heard).or_insert(index);
        }
        self.words.extend(words.iter().map(|word| word.folded.clone()));
        self.written.insert(letters.clone(), index);
        let is_common = is_common(&letters);
        self.names.push(Entry { text: name.text.to_owned(), letters, sound, is_common, words: words.len() });
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names as they are written, to be hinted to an engine that takes hints.
    pub fn hints(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|entry| entry.text.as_str())
    }

    /// What is to be put right in a text, in order and without overlaps.
    #[must_use]
    pub fn corrections(&self, text: &str) -> Vec<Replacement> {
        if self.is_empty() {
            return Vec::new();
        }
        let words = tokens(text);
        let mut found = Vec::new();
        let mut at = 0;
        while at < words.len() {
            match self.best_at(text, &words, at) {
                Some((length, replacement)) => {
                    found.extend(replacement);
                    at += length;
                }
                None => at += 1,
            }
        }
        found
    }

    /// The best name for the words that begin at `at`, and how many they are. Without a replacement where they are a
    /// name already.
    fn best_at(&self, text: &str, words: &[Token], at: usize) -> Option<(usize, Option<Replacement>)> {
        let mut best: Option<(f64, usize, usize)> = None;
        for length in (1..=MAX_WINDOW).rev() {
            let Some(window) = words.get(at..at + length).filter(|window| is_together(window)) else { continue };
            let own = Window::new(text, window);
            if let Some(name) = self.written.get(&own.letters) {
                return self.rewritten(text, &own, *name).map(|replacement| (length, replacement));
            }
            let (alike, name) = match self.heard_as.get(&own.letters) {
                Some(name) => (f64::INFINITY, *name),
                None => match self.nearest(&own) {
                    Some(nearest) => nearest,
                    None => continue,
                },
            };
            if best.is_none_or(|(other, ..)| alike > other) {
                best = Some((alike, name, length));
            }
        }
        let (_, name, length) = best?;
        let own = Window::new(text, words.get(at..at + length)?);
        // Its own words are said; the rest of the window is something else.
        if length > 1
            && own.words.iter().any(|word| word.len() >= SHORTEST && self.words.contains(word))
            && self.names.get(name)?.words < length
        {
            return None;
        }
        Some((length, self.replacement(text, &own, name)))
    }

    /// A name that is said with its own letters needs at most its own writing: `bright ledger` for `BrightLedger`.
    fn rewritten(&self, text: &str, own: &Window, name: usize) -> Option<Option<Replacement>> {
        let entry = self.names.get(name)?;
        let ordinary = own.words.iter().all(|word| is_common(word));
        let same_words = own.words.len() == entry.words;
        // "Notion" may be the product and "notion" the word; "work day" is no Workday.
        let keeps = if same_words { ordinary } else { ordinary && (entry.is_common || !own.may_be_name()) };
        if keeps && !(same_words && own.words.len() > 1) {
            return same_words.then_some(None);
        }
        Some(self.replacement(text, own, name))
    }

    fn replacement(&self, text: &str, own: &Window, name: usize) -> Option<Replacement> {
        let entry = self.names.get(name)?;
        let written = text.get(own.span.clone())?;
        (written != entry.text).then(|| Replacement { span: own.span.clone(), text: entry.text.clone() })
    }

    /// The name that a window sounds like, and how alike they are.
    fn nearest(&self, own: &Window) -> Option<(f64, usize)> {
        let ordinary = own.words.iter().all(|word| is_common(word) || self.words.contains(word));
        let known = own.words.len() == 1 && ordinary;
        // "Can't" and "I'm gonna" are words that no dictionary lists.
        let contracted = own.words.iter().any(|word| word.contains('\''));
        if own.letters.len() < SHORTEST || known || own.has_digits || contracted {
            return None;
        }
        // Where every word is an ordinary one, only a compound of two that carry meaning may be a name.
        if (ordinary && !own.may_be_name()) || own.begins_or_ends_small() {
            return None;
        }
        let least = if ordinary { VERY_ALIKE } else { ALIKE };
        let sound = Sound::of(&own.letters);
        let candidates: HashSet<usize> =
            sound.codes().iter().filter_map(|code| self.sounds.get(code)).flatten().copied().collect();
        let mut alike: Vec<(f64, usize)> = candidates
            .into_iter()
            .filter_map(|index| {
                let entry = self.names.get(index)?;
                // What is heard as nothing known was hardly an ordinary word; a plural of a name is right as it is.
                let plural = own.letters.strip_suffix('s') == Some(&entry.letters);
                let fits = entry.letters.len() >= SHORTEST && own.words.len() <= entry.words + 1;
                let fits = fits && !entry.is_common && !plural;
                let score = likeness((&own.letters, &sound), (&entry.letters, &entry.sound));
                (fits && score >= least).then_some((score, index))
            })
            .collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        match alike.as_slice() {
            [only] => Some(*only),
            [best, next, ..] if best.0 - next.0 >= LEAD => Some(*best),
            _ => None,
        }
    }
}

/// Words that are looked at together.
struct Window {
    /// Without a possessive at the end.
    span: Range<usize>,
    letters: String,
    words: Vec<String>,
    has_digits: bool,
}

impl Window {
    fn new(text: &str, window: &[Token]) -> Self {
        let mut words: Vec<String> = window.iter().map(|token| token.folded.clone()).collect();
        let mut end = window.last().map_or(0, |token| token.span.end);
        if let (Some(last), Some(token)) = (words.last_mut(), window.last())
            && let Some(bare) = last.strip_suffix("'s").map(str::to_owned)
        {
            // The apostrophe may be of more than one byte.
            let apostrophe = token.raw(text).rfind(['\'', '’', 'ʼ']);
            end = apostrophe.map_or(end, |at| token.span.start + at);
            *last = bare;
        }
        let start = window.first().map_or(0, |token| token.span.start);
        let letters: String = words.concat().chars().filter(|c| *c != '\'').collect();
        let has_digits = letters.bytes().any(|byte| byte.is_ascii_digit());
        Self { span: start..end, letters, words, has_digits }
    }

    /// Several ordinary words may be a name if they carry meaning and are long together.
    fn may_be_name(&self) -> bool {
        self.words.len() > 1
            && self.letters.len() >= SHORTEST_COMPOUND
            && self.words.iter().all(|word| word.len() >= SHORTEST && !is_stopword(word))
    }

    fn begins_or_ends_small(&self) -> bool {
        let small = |word: Option<&String>| word.is_some_and(|word| is_stopword(word) || word.len() < 2);
        self.words.len() > 1 && (small(self.words.first()) || small(self.words.last()))
    }
}

/// The letters and digits of words, folded, in one.
fn joined<'a>(words: impl Iterator<Item = &'a Token>) -> String {
    words.flat_map(|word| word.folded.chars()).filter(|c| c.is_alphanumeric()).collect()
}

/// Whether nothing but spaces and hyphens is between the words, and none is a mark of redaction.
fn is_together(window: &[Token]) -> bool {
    window.iter().all(|token| !token.is_mark)
        && window.iter().skip(1).all(|token| matches!(token.gap, Gap::Space | Gap::Hyphen))
}

/// The folded form of a name, by which two are the same.
#[must_use]
pub fn letters_of(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests;
