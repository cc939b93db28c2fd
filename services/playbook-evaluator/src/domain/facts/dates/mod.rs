//! Dates in talk, resolved against the day of the call: `Thursday week`, `a fortnight on Monday`, `the 14th`,
//! `end of next quarter`. What the words don't settle stays without a date.

mod calendar;
mod day;
mod holiday;
mod period;

pub use calendar::Calendar;

use crate::domain::text::TurnText;
use chrono::{NaiveDate, Weekday};
use std::ops::Range;

/// How exact a mention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    /// The end of a week, month, quarter or year: a day, but nobody meets for it.
    PeriodEnd,
    /// A week, month or quarter: no day.
    Period,
}

/// A date somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub tokens: Range<usize>,
    /// None where the words don't settle the day.
    pub date: Option<NaiveDate>,
    pub grain: Grain,
    /// `by Friday`: a deadline, not an appointment.
    pub is_deadline: bool,
    /// A weekday and nothing else: which one may be said elsewhere.
    pub bare_weekday: Option<Weekday>,
}

/// Finds the dates of a turn, left to right, without overlap. A date never crosses the end of a sentence.
pub fn find(text: &TurnText, calendar: &Calendar) -> Vec<Mention> {
    let mut found = Vec::new();
    for sentence in &text.sentences {
        let words: Vec<&str> =
            text.tokens.get(sentence.tokens.clone()).unwrap_or_default().iter().map(|t| &*t.word).collect();
        in_sentence(&words, sentence.tokens.start, calendar, &mut found);
    }
    found
}

fn in_sentence(words: &[&str], offset: usize, calendar: &Calendar, found: &mut Vec<Mention>) {
    let (mut at, mut last_day): (usize, Option<usize>) = (0, None);
    while at < words.len() {
        let near_date = last_day.is_some_and(|end| at - end <= NEAR_WORDS);
        let Some(reading) = period::read(words, at, calendar).or_else(|| day::read(words, at, calendar, near_date))
        else {
            at += 1;
            continue;
        };
        let (start, end) = (at, (at + reading.length).min(words.len()));
        at = end.max(at + 1);
        if reading.grain == Grain::Day {
            last_day = Some(end);
        }
        if is_past(words, start) {
            continue;
        }
        let is_deadline = (start.saturating_sub(2)..start)
            .any(|i| words.get(i).is_some_and(|w| matches!(*w, "by" | "before" | "until" | "till")));
        let named = words.get(start..end).unwrap_or_default();
        let bare_weekday = match named {
            [word] | ["the", word] => calendar::weekday(word),
            _ => None,
        };
        found.push(Mention {
            tokens: offset + start..offset + end,
            date: reading.date,
            grain: reading.grain,
            is_deadline,
            bare_weekday,
        });
    }
}

/// Words after one date in which a bare ordinal is another.
const NEAR_WORDS: usize = 4;

/// A date read from some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reading {
    length: usize,
    date: Option<NaiveDate>,
    grain: Grain,
}

impl Reading {
    fn day(length: usize, date: Option<NaiveDate>) -> Option<Self> {
        Some(Self { length, date, grain: Grain::Day })
    }
}

/// `last Tuesday`, `since Monday`, `on Friday last`.
fn is_past(words: &[&str], at: usize) -> bool {
    (at.saturating_sub(2)..at)
        .any(|i| words.get(i).is_some_and(|w| matches!(*w, "last" | "since" | "every" | "each" | "most")))
}

#[cfg(test)]
mod tests;
