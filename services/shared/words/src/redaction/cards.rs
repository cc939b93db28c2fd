//! Payment cards: their numbers by Luhn's check and the ranges of the schemes, or by what was said about them; then
//! security codes and expiry dates.

use std::ops::RangeInclusive;

use super::checks::{is_card_range, luhn};
use super::glyphs::{After, Glyph, Run, digits, readings};
use super::marks::Marks;
use super::talk::{Place, Talk};
use super::{Heard, Kind, Reading, about, follows, near};
use crate::numbers::spoken;

/// Digits of a card number.
const LENGTHS: RangeInclusive<usize> = 13..=19;
/// A longer run holds other numbers beside the card's.
const MAX_RUN: usize = 34;
/// After "card number" so many digits are one, though a digit was misheard and the check fails.
const MISHEARD: RangeInclusive<usize> = 12..=22;
/// While a number is still being read out, so many digits after "card number" are its beginning.
const BEGINNING: usize = 3;
/// Utterances after "card number" in which its digits are looked for, whatever else is said between them.
const SCATTERED: usize = 10;

const NUMBER: [&str; 4] = ["card number", "long number", "number on the card", "number on the front"];
const CARD: [&str; 9] = [
    "credit card",
    "debit card",
    "card details",
    "visa",
    "mastercard",
    "master card",
    "amex",
    "american express",
    "card is",
];
const CODE: [&str; 12] = [
    "cvv",
    "cvc",
    "cvv2",
    "cvc2",
    "c v v",
    "c v c",
    "security code",
    "verification code on the card",
    "digits on the back",
    "numbers on the back",
    "number on the back",
    "card verification",
];
const EXPIRY: [&str; 9] = [
    "expiry",
    "expires",
    "expiry date",
    "expiration",
    "expiration date",
    "exp",
    "valid until",
    "valid thru",
    "valid through",
];
const MONTHS: [&str; 23] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
];

/// Marks everything of cards.
pub fn mark(talk: &Talk, heard: &Heard, reading: Reading, marks: &mut Marks) {
    let mut cards = Vec::new();
    for run in &heard.digits {
        for reading in readings(run) {
            if let Some(card) = card_in(&reading) {
                cards.push(card);
                break;
            }
        }
    }
    let numbers = talk.cues(&NUMBER);
    let cues: Vec<Place> = talk.cues(&CARD).into_iter().chain(numbers.iter().copied()).collect();
    for cue in &cues {
        let shortest = match reading {
            Reading::Unfinished if numbers.contains(cue) => BEGINNING,
            _ => *MISHEARD.start(),
        };
        cards.extend(told(talk, heard, *cue, shortest..=*MISHEARD.end()));
        cards.extend(scattered(talk, heard, *cue));
    }
    for card in &cards {
        marks.glyphs(card, Kind::Card);
    }
    for card in &cards {
        repeats(heard, card, marks);
    }
    codes(talk, heard, marks);
    expiries(talk, &cues, marks);
}

/// The part of a run that is a card number with what was read out with it.
fn card_in(run: &Run) -> Option<Run> {
    let values = digits(run);
    let whole = LENGTHS.contains(&values.len()) && luhn(&values);
    if whole {
        return Some(run.clone());
    }
    // Numbers with something between them: those that pass, and no more.
    let between: [fn(After) -> bool; 6] = [
        |after| after.stop,
        |after| after.filler,
        |after| after.filler || after.comma,
        |after| after.filler || after.comma || after.stop,
        |after| after.change,
        |after| after.filler || after.comma || after.stop || after.change,
    ];
    for ends in between {
        let parts = parts(run, ends).into_iter().filter(|part| LENGTHS.contains(&part.len()) && luhn(&digits(part)));
        let passing: Run = parts.flatten().collect();
        if !passing.is_empty() {
            return Some(passing);
        }
    }
    for start in 0..values.len() {
        let lengths = LENGTHS.rev().filter(|length| start + length <= values.len());
        for length in lengths {
            let window = &values[start..start + length];
            if is_card_range(window) && luhn(window) && is_whole_words(run, start, start + length) {
                let all = values.len() <= MAX_RUN;
                return Some(if all { run.clone() } else { run[start..start + length].to_vec() });
            }
        }
    }
    None
}

/// The run cut before the glyphs that come after something of a kind.
fn parts(run: &Run, ends: fn(After) -> bool) -> Vec<Run> {
    let mut parts: Vec<Run> = vec![Run::new()];
    for glyph in run {
        if ends(glyph.after) {
            parts.push(Run::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(*glyph);
        }
    }
    parts
}

/// Whether a window begins and ends where a word does: `4111` is not cut in two.
fn is_whole_words(run: &[Glyph], start: usize, end: usize) -> bool {
    let other = |a: Option<&Glyph>, b: Option<&Glyph>| match (a, b) {
        (Some(a), Some(b)) => a.first != b.first,
        _ => true,
    };
    let before = start.checked_sub(1).and_then(|at| run.get(at));
    other(before, run.get(start)) && other(run.get(end - 1), run.get(end))
}

/// What was read out after a cue, right or misheard.
fn told(talk: &Talk, heard: &Heard, cue: Place, lengths: RangeInclusive<usize>) -> Vec<Run> {
    about(talk, &heard.digits, cue, 2).filter(|run| lengths.contains(&run.len())).collect()
}

/// The digits that the speakers said within some utterances of a cue, whatever they said between them, where they make
/// a card number. Single ones are left out: "the same one as before".
fn scattered(talk: &Talk, heard: &Heard, cue: Place) -> Option<Run> {
    let last = cue.utterance + SCATTERED;
    let mut said: Vec<(Option<&str>, Run)> = Vec::new();
    for run in &heard.digits {
        let (Some(first), Some(end)) = (run.first(), run.last()) else { continue };
        let speaker = talk.lines.get(first.first.utterance).and_then(|line| line.speaker);
        let alone = talk.lines.get(end.last.utterance).is_some_and(|line| line.speaker == speaker);
        if first.first < cue || end.last.utterance > last || !alone || !(2..=*LENGTHS.end()).contains(&run.len()) {
            continue;
        }
        match said.iter_mut().find(|(who, _)| *who == speaker) {
            // The stream of everybody and a speaker's own have runs in common.
            Some((_, digits)) if digits.last().is_some_and(|glyph| glyph.last >= first.first) => {}
            Some((_, digits)) => digits.extend(run.iter().copied()),
            None => said.push((speaker, run.clone())),
        }
    }
    said.into_iter().find_map(|(_, run)| {
        let values = digits(&run);
        let is_card = |start: &usize, length: &usize| {
            values.get(*start..start + length).is_some_and(|part| is_card_range(part) && luhn(part))
        };
        let window = |start: usize| LENGTHS.rev().find(|length| is_card(&start, length)).map(|length| (start, length));
        let (start, length) = (0..run.len()).find_map(window)?;
        run.get(start..start + length).map(<[Glyph]>::to_vec)
    })
}

/// The other one repeats what he writes down: its groups are no less a part of the number.
fn repeats(heard: &Heard, card: &Run, marks: &mut Marks) {
    let (Some(first), Some(last)) = (card.first(), card.last()) else { return };
    let number = digits(card);
    for run in &heard.digits {
        let (Some(begin), Some(values)) = (run.first(), Some(digits(run))) else { continue };
        let near = begin.first.utterance >= first.first.utterance && begin.first.utterance <= last.last.utterance + 3;
        if near && (3..=number.len()).contains(&values.len()) && number.windows(values.len()).any(|part| part == values)
        {
            marks.glyphs(run, Kind::Card);
        }
    }
}

/// Three or four digits after "security code".
fn codes(talk: &Talk, heard: &Heard, marks: &mut Marks) {
    for cue in talk.cues(&CODE) {
        let code = about(talk, &heard.digits, cue, 2).find(|run| (3..=4).contains(&run.len()));
        if let Some(run) = code {
            marks.glyphs(&run, Kind::Card);
        }
    }
}

/// Month and year after "expires", where a card is what is talked about.
fn expiries(talk: &Talk, cues: &[Place], marks: &mut Marks) {
    let cards: Vec<usize> = marks.utterances(Kind::Card).collect();
    for cue in talk.cues(&EXPIRY) {
        let of_card = cards.iter().any(|utterance| utterance.abs_diff(cue.utterance) <= 4)
            || cues.iter().any(|card| near(*card, cue, 1));
        if !of_card {
            continue;
        }
        let is_date = |place: &Place| {
            let word = talk.word(*place);
            spoken(word).is_some() || MONTHS.contains(&word) || talk.token(*place).is_some_and(|t| t.is_numeric())
        };
        let after: Vec<Place> = talk.places().filter(|place| follows(cue, *place)).collect();
        let Some(start) = after.iter().position(is_date) else { continue };
        let links = ["of", "slash", "and", "twenty"];
        let date =
            after.iter().skip(start).take(6).take_while(|place| is_date(place) || links.contains(&talk.word(**place)));
        for place in date {
            marks.word(*place, Kind::Card);
        }
    }
}
