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

/// Finds the dates of a turn, left to right, without overlap.
pub fn find(text: &TurnText, calendar: &Calendar) -> Vec<Mention> {
    let words: Vec<&str> = text.tokens.iter().map(|t| &*t.word).collect();
    let mut found: Vec<Mention> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let near_date = found.last().is_some_and(|m: &Mention| at - m.tokens.end <= 4 && m.grain == Grain::Day);
        let Some(reading) = period::read(&words, at, calendar).or_else(|| day::read(&words, at, calendar, near_date)) else {
            at += 1;
            continue;
        };
        let is_deadline = (at.saturating_sub(2)..at).any(|i| words.get(i).is_some_and(|w| matches!(*w, "by" | "before" | "until" | "till")));
        let tokens = at..at + reading.length;
        at = tokens.end;
        if is_past(&words, tokens.start) {
            continue;
        }
        let bare = |i: usize| words.get(tokens.start + i).and_then(|w| calendar::weekday(w));
        let bare_weekday = match tokens.len() {
            1 => bare(0),
            2 if words.get(tokens.start) == Some(&"the") => bare(1),
            _ => None,
        };
        found.push(Mention { tokens, date: reading.date, grain: reading.grain, is_deadline, bare_weekday });
    }
    found
}

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
    (at.saturating_sub(2)..at).any(|i| words.get(i).is_some_and(|w| matches!(*w, "last" | "since" | "every" | "each" | "most")))
}

#[cfg(test)]
mod tests;
