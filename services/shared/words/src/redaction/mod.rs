//! Finds what may not be stored: numbers of cards, accounts and persons, secrets; as they are written and as they are
//! read out, over several turns where need be.
//!
//! A number counts by its check digits and its form, or by what was said about it ("my account number is"). Amounts,
//! dates, phone and order numbers are left alone unless they pass the check of a payment card.

mod banks;
mod cards;
mod checks;
mod glyphs;
mod identities;
mod keys;
mod marks;
mod secrets;
mod talk;

use std::collections::BTreeSet;
use std::ops::Range;

use self::glyphs::{Alphabet, Run, runs};
use self::marks::Marks;
use self::talk::{Place, Talk};

/// What is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Number of a payment card, its expiry or its security code.
    Card,
    /// IBAN; account number with sort code or routing number.
    BankAccount,
    /// Number of a passport, identity card, social security or tax.
    Identity,
    /// Password, PIN, API key, token.
    Secret,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Card, Self::BankAccount, Self::Identity, Self::Secret];

    /// What is put in its place.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Card => "[CARD]",
            Self::BankAccount => "[BANK_ACCOUNT]",
            Self::Identity => "[IDENTITY]",
            Self::Secret => "[SECRET]",
        }
    }
}

/// What one person said in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utterance<'a> {
    /// Whoever it is; `None` where that is not known.
    pub speaker: Option<&'a str>,
    pub text: &'a str,
}

/// Something that may not be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Index of the utterance.
    pub utterance: usize,
    /// Bytes of its text.
    pub span: Range<usize>,
    pub kind: Kind,
}

/// How much of a conversation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All of it.
    Whole,
    /// It goes on: a number that is being read out may be incomplete, so after a cue a few digits are enough.
    Unfinished,
}

/// Everything of these kinds in a conversation, in order and without overlaps.
#[must_use]
pub fn find(utterances: &[Utterance<'_>], kinds: &BTreeSet<Kind>, reading: Reading) -> Vec<Found> {
    if kinds.is_empty() {
        return Vec::new();
    }
    let talk = Talk::new(utterances);
    let heard = Heard::new(&talk);
    let mut marks = Marks::default();
    // What has a form of its own is named by it; the digits of an account may well pass as a card's.
    let order = [Kind::BankAccount, Kind::Identity, Kind::Card, Kind::Secret];
    for kind in order.into_iter().filter(|kind| kinds.contains(kind)) {
        match kind {
            Kind::Card => cards::mark(&talk, &heard, reading, &mut marks),
            Kind::BankAccount => banks::mark(&talk, &heard, reading, &mut marks),
            Kind::Identity => identities::mark(&talk, &heard, reading, &mut marks),
            Kind::Secret => secrets::mark(&talk, &heard, &mut marks),
        }
    }
    marks.found(&talk)
}

/// Every number and code that was said.
struct Heard {
    /// Digits only, each in the order it begins.
    digits: Vec<Run>,
    /// Digits and letters.
    codes: Vec<Run>,
}

impl Heard {
    fn new(talk: &Talk) -> Self {
        let streams = talk.streams();
        let read = |alphabet| {
            let mut all: Vec<Run> = streams.iter().flat_map(|stream| runs(talk, stream, alphabet)).collect();
            all.sort_by_key(|run| (run.first().map(|glyph| glyph.first), std::cmp::Reverse(run.len())));
            all.dedup();
            all
        };
        Self { digits: read(Alphabet::Digits), codes: read(Alphabet::Letters) }
    }
}

/// Words of the same utterance, and utterances, within which what a cue is about is expected.
const REACH_TOKENS: usize = 14;
const REACH_UTTERANCES: usize = 3;

/// Whether something that begins at `place` comes soon after a cue.
fn follows(cue: Place, place: Place) -> bool {
    place > cue
        && if place.utterance == cue.utterance {
            place.token - cue.token <= REACH_TOKENS
        } else {
            place.utterance - cue.utterance <= REACH_UTTERANCES && place.token <= REACH_TOKENS
        }
}

/// The runs that come soon after a cue, and those that end right before it: "1234, that's my PIN". Where the cue itself
/// was read as a part of one ("IBAN"), what comes after it.
fn about(talk: &Talk, runs: &[Run], cue: Place, cue_words: usize) -> impl Iterator<Item = Run> {
    const LINKS: [&str; 10] = ["is", "was", "that's", "as", "my", "the", "our", "your", "that", "for"];
    let linked = |end: Place| {
        let between = cue.token.saturating_sub(cue_words).saturating_sub(end.token);
        let words = end.token + 1..(cue.token + 1).saturating_sub(cue_words);
        end.utterance == cue.utterance
            && end < cue
            && (1..=4).contains(&between)
            && words.clone().count() > 0
            && words.into_iter().all(|token| LINKS.contains(&talk.word(Place { token, ..cue })))
    };
    let selected: Vec<Run> = runs
        .iter()
        .filter_map(|run| {
            if linked(run.last()?.last) {
                return Some(run.clone());
            }
            let after: Run = run.iter().skip_while(|glyph| glyph.first <= cue).copied().collect();
            follows(cue, after.first()?.first).then_some(after)
        })
        .collect();
    selected.into_iter()
}

/// Whether two places are within so many utterances of each other.
fn near(a: Place, b: Place, utterances: usize) -> bool {
    a.utterance.abs_diff(b.utterance) <= utterances
}

#[cfg(test)]
mod tests;
