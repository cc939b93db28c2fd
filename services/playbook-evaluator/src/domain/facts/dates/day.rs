//! Single days: weekdays and what stands around them, days of the month, days counted from today.

use super::calendar::{Calendar, month, shift, weekday};
use super::{Reading, holiday};
use crate::domain::text::number;
use chrono::{Datelike, NaiveDate, Weekday};

/// Reads the day that starts at a word. `near_date`: another date stands just before, so a bare ordinal is a day too.
pub fn read(words: &[&str], at: usize, calendar: &Calendar, near_date: bool) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    excluded_first(words, at, calendar)
        .or_else(|| nth_weekday(words, at, calendar))
        .or_else(|| counted_from(words, at, calendar))
        .or_else(|| match w(0) {
            "today" if w(1) == "week" => Reading::day(2, calendar.plus(7)),
            "tomorrow" if w(1) == "week" => Reading::day(2, calendar.plus(8)),
            "tomorrow" => Reading::day(1, calendar.plus(1)),
            "today" | "tonight" => Reading::day(1, Some(calendar.today)),
            "day" if w(1) == "after" && w(2) == "tomorrow" => Reading::day(3, calendar.plus(2)),
            "day" if w(1) == "before" || w(1) == "after" => beside(words, at, calendar),
            _ => None,
        })
        .or_else(|| iso(w(0)))
        .or_else(|| around_weekday(words, at, calendar))
        .or_else(|| week_first(words, at, calendar))
        .or_else(|| day_of_month(words, at, calendar, near_date))
}

fn iso(word: &str) -> Option<Reading> {
    Reading::day(1, Some(NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()?))
}

/// `not this Thursday, next Thursday`, `not this coming Tuesday, the one after`, `not tomorrow friday but the friday after`.
fn excluded_first(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    if w(0) != "not" {
        return None;
    }
    let named = (1..5).find_map(|i| weekday(w(i)).map(|d| (i, d)))?;
    if !(1..named.0).all(|i| matches!(w(i), "this" | "the" | "coming" | "tomorrow" | "next" | "on")) {
        return None;
    }
    let last = (named.0 + 1..named.0 + 6)
        .find(|i| matches!(w(*i), "after" | "following") || (w(*i) == "next" && i - named.0 <= 3))?;
    let end = if weekday(w(last + 1)) == Some(named.1) { last + 2 } else { last + 1 };
    Reading::day(end, calendar.coming(named.1).and_then(|d| shift(d, 7)))
}

/// `first Thursday in May`, `last Friday of the month`, `second tuesday of next month`.
fn nth_weekday(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let nth = if w(0) == "last" { 5 } else { number::ordinal(w(0)).filter(|n| *n < 5)? };
    let day = weekday(w(1))?;
    if !matches!(w(2), "in" | "of") {
        return None;
    }
    let skip = usize::from(w(3) == "the");
    let (month, year, length) = match (w(3 + skip), w(4 + skip)) {
        ("next", "month") => {
            let next = calendar.today.with_day(1)?.checked_add_months(chrono::Months::new(1))?;
            (next.month(), next.year(), 5 + skip)
        }
        ("month", _) => (calendar.today.month(), calendar.today.year(), 4 + skip),
        (name, _) => {
            let m = month(name)?;
            (m, calendar.year_of(m), 4 + skip)
        }
    };
    Reading::day(length, calendar.nth_weekday(nth, day, month, year))
}

/// `a week from Friday`, `two weeks from today`, `three weeks tomorrow`, `a fortnight on Monday`, `ten days from now`.
fn counted_from(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let (days, mut next) = match w(0) {
        "fortnight" => (14, 1),
        "week" => (7, 1),
        "a" if w(1) == "week" => (7, 2),
        "a" if w(1) == "fortnight" => (14, 2),
        word => {
            let n = i64::from(number::unit(word).filter(|n| *n > 0)?);
            match w(1) {
                "week" | "weeks" => (7 * n, 2),
                "days" => (n, 2),
                _ => return None,
            }
        }
    };
    let linked = matches!(w(next), "from" | "on");
    next += usize::from(linked);
    let from = match w(next) {
        "today" | "now" if linked => Some(calendar.today),
        "tomorrow" => calendar.plus(1),
        "yesterday" if linked => calendar.plus(-1),
        name if linked => calendar.coming(weekday(name)?),
        _ => return None,
    };
    Reading::day(next + 1, from.and_then(|d| shift(d, days)))
}

/// Everything that has a weekday in it.
fn around_weekday(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let (lead, skip) = match w(0) {
        "next" | "this" => (w(0), 1 + usize::from(w(1) == "coming")),
        "the" => ("", 1),
        _ => ("", 0),
    };
    let day = weekday(w(skip))?;
    let after = skip + 1;
    let coming = calendar.coming(day);
    let plus = |days: i64| coming.and_then(|d| shift(d, days));
    let reading = match (w(after), w(after + 1)) {
        ("week", _) => (after + 1, plus(7)),
        ("fortnight", _) => (after + 1, plus(14)),
        ("coming" | "next", week) if week != "week" => (after + 1, coming),
        ("next", "week") => (after + 2, calendar.in_week(day, 1)),
        ("of" | "in" | "on", _) => of_week(words, at, after + 1, day, calendar)?,
        ("after", "next") => (after + 2, plus(7)),
        ("after", _) if holiday::read(words, at + after + 1, calendar).is_some() => {
            let (length, date) = holiday::read(words, at + after + 1, calendar)?;
            (after + 1 + length, first_after(date, day))
        }
        _ => match day_and_month(words, at + after, calendar, Some(day)) {
            Some((length, date)) => (after + length, date),
            None if lead == "next" => (after, calendar.in_week(day, 1)),
            None => (after, coming),
        },
    };
    Reading::day(reading.0, reading.1)
}

fn first_after(date: NaiveDate, day: Weekday) -> Option<NaiveDate> {
    (1..=7).filter_map(|n| shift(date, n)).find(|d| d.weekday() == day)
}

/// `Thursday of next week`, `Thursday of the week after next`.
fn of_week(
    words: &[&str],
    at: usize,
    from: usize,
    day: Weekday,
    calendar: &Calendar,
) -> Option<(usize, Option<NaiveDate>)> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let from = from + usize::from(w(from) == "the");
    match (w(from), w(from + 1), w(from + 2)) {
        ("next", "week", _) => Some((from + 2, calendar.in_week(day, 1))),
        ("week", "after", "next") => Some((from + 3, calendar.in_week(day, 2))),
        ("following", "week", _) => Some((from + 2, calendar.in_week(day, 1))),
        ("this", "week", _) => Some((from + 2, calendar.in_week(day, 0).filter(|d| *d >= calendar.today))),
        // `the Thursday of the week after`: after which week is in other words.
        ("week", "after", _) => Some((from + 2, None)),
        _ => None,
    }
}

/// `next week Thursday`, `the week after next on Monday`.
fn week_first(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let (weeks, mut next) = match (w(0), w(1), w(2)) {
        ("next", "week", _) => (1, 2),
        ("week", "after", "next") => (2, 3),
        _ => return None,
    };
    while matches!(w(next), "on" | "the" | "say" | "maybe" | "then") && next < 6 {
        next += 1;
    }
    let day = weekday(w(next))?;
    Reading::day(next + 1, calendar.in_week(day, weeks))
}

/// `the day before the first of May`.
fn beside(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let step = if w(1) == "before" { -1 } else { 1 };
    let inner = day_of_month(words, at + 2, calendar, false).or_else(|| around_weekday(words, at + 2, calendar));
    let (length, date) = match inner {
        Some(reading) => (reading.length, reading.date?),
        None => holiday::read(words, at + 2, calendar)?,
    };
    Reading::day(2 + length, shift(date, step))
}

/// `the fourteenth`, `the 14th of May`, `May the fourteenth`, `18 March`.
fn day_of_month(words: &[&str], at: usize, calendar: &Calendar, near_date: bool) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let skip = usize::from(w(0) == "the");
    let (length, date) = day_and_month(words, at, calendar, None)?;
    let names_month = (0..length).any(|i| month(w(i)).is_some());
    let (_, day) = ordinal(words, at + skip).unwrap_or((0, 0));
    // `the first thing`, `the second line`: a small ordinal alone is no date.
    let follows_on = at > 0 && words.get(at - 1).is_some_and(|w| matches!(*w, "on" | "by" | "for" | "until" | "till"));
    let ends_there = may_follow(w(length));
    let bare = skip == 1 && ends_there && (day > 5 || near_date || (follows_on && at + length >= words.len()));
    (names_month || bare).then_some(())?;
    Reading::day(length, date)
}

/// What may follow a bare day of the month: `the eighth at nine`, not `the eighth graders`.
fn may_follow(word: &str) -> bool {
    const AFTER_DAY: &[&str] = &[
        "",
        "a",
        "about",
        "after",
        "afternoon",
        "already",
        "and",
        "are",
        "around",
        "as",
        "at",
        "be",
        "because",
        "before",
        "but",
        "can",
        "could",
        "do",
        "does",
        "eleven",
        "evening",
        "first",
        "fine",
        "for",
        "good",
        "half",
        "he",
        "i",
        "if",
        "in",
        "is",
        "'s",
        "it",
        "let",
        "maybe",
        "morning",
        "nine",
        "not",
        "okay",
        "one",
        "or",
        "perfect",
        "please",
        "right",
        "same",
        "she",
        "should",
        "so",
        "suits",
        "that",
        "the",
        "then",
        "they",
        "though",
        "to",
        "two",
        "we",
        "well",
        "when",
        "will",
        "with",
        "works",
        "would",
        "yes",
        "you",
        "your",
        "ten",
        "eight",
        "three",
        "four",
        "noon",
        "say",
    ];
    AFTER_DAY.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit())
}

/// A day of the month, with a month before or behind it; the day must fall on the weekday where one was said.
fn day_and_month(
    words: &[&str],
    at: usize,
    calendar: &Calendar,
    on: Option<Weekday>,
) -> Option<(usize, Option<NaiveDate>)> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    if let Some(m) = month(w(0)) {
        let skip = 1 + usize::from(w(1) == "the");
        let (length, day) = ordinal(words, at + skip).or_else(|| cardinal(w(skip)))?;
        return Some((skip + length, calendar.next_day_of_month(day, Some(m), on)));
    }
    let skip = usize::from(w(0) == "the");
    if let Some((length, day)) = ordinal(words, at + skip) {
        let next = skip + length;
        let of = usize::from(w(next) == "of");
        return match month(w(next + of)).filter(|_| of == 1 || w(next) != "may" && w(next) != "march") {
            Some(m) => Some((next + of + 1, calendar.next_day_of_month(day, Some(m), on))),
            None if skip == 1 || on.is_some() => Some((next, calendar.next_day_of_month(day, None, on))),
            None => None,
        };
    }
    let (length, day) = cardinal(w(skip))?;
    let of = usize::from(w(skip + length) == "of");
    let m = month(w(skip + length + of))?;
    Some((skip + length + of + 1, calendar.next_day_of_month(day, Some(m), on)))
}

/// `fourteenth`, `twenty first`, `21st`.
fn ordinal(words: &[&str], at: usize) -> Option<(usize, u32)> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    if let (Some(tens), Some(unit)) = (number::ten(w(0)), number::ordinal(w(1)).filter(|n| *n < 10)) {
        return Some((2, tens + unit)).filter(|(_, day)| *day <= 31);
    }
    number::ordinal(w(0)).map(|day| (1, day))
}

fn cardinal(word: &str) -> Option<(usize, u32)> {
    word.parse().ok().filter(|d| (1..=31).contains(d)).map(|d| (1, d))
}
