//! Weeks, months, quarters and years, and their ends.

use super::calendar::{Calendar, month};
use super::{Grain, Reading};
use crate::domain::text::number;
use chrono::{Datelike, Months, Weekday};

/// Reads the period, or the end of one, that starts at a word.
pub fn read(words: &[&str], at: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    match w(0) {
        "end" | "close" if w(1) == "of" => end_of(words, at, 2, calendar),
        "month" | "quarter" | "year" if matches!(w(1), "end" | "close") => end_named(w(0), 0, 2, calendar),
        "next" | "this" if matches!(w(1), "month" | "quarter" | "year") => period(2),
        "next" if w(1) == "week" && !week_names_day(words, at + 2) => period(2),
        "week" if w(1) == "after" && w(2) == "next" && !week_names_day(words, at + 3) => period(3),
        "in" | "by" | "for" | "until" | "before" | "from" | "mid" | "early" | "late"
            if month(w(1)).is_some() && !names_day(words, at + 2) =>
        {
            period(2)
        }
        word if quarter(word).is_some() => period(1),
        _ => None,
    }
}

fn period(length: usize) -> Option<Reading> {
    Some(Reading { length, date: None, grain: Grain::Period })
}

fn week_names_day(words: &[&str], from: usize) -> bool {
    (from..from + 3).any(|i| words.get(i).is_some_and(|w| super::calendar::weekday(w).is_some()))
}

fn names_day(words: &[&str], from: usize) -> bool {
    words.get(from).is_some_and(|w| {
        *w == "the"
            || number::ordinal(w).is_some()
            || number::ten(w).is_some()
            || w.parse::<u32>().is_ok_and(|n| n <= 31)
    })
}

/// `q3`, `Q3`.
fn quarter(word: &str) -> Option<u32> {
    word.strip_prefix('q').and_then(|n| n.parse().ok()).filter(|n| (1..=4).contains(n))
}

/// `end of next quarter`, `end of June`, `end of the month`, `close of q3`.
fn end_of(words: &[&str], at: usize, from: usize, calendar: &Calendar) -> Option<Reading> {
    let w = |i: usize| words.get(at + i).copied().unwrap_or("");
    let from = from + usize::from(matches!(w(from), "the" | "this" | "our"));
    if let Some(n) = quarter(w(from)) {
        return end(from + 1, calendar.numbered_quarter_end(n));
    }
    if let Some(m) = month(w(from)) {
        return end(from + 1, calendar.month_end(m, calendar.year_of(m)));
    }
    let ahead = u32::from(w(from) == "next");
    let from = from + ahead as usize + usize::from(matches!(w(from), "fiscal" | "financial"));
    end_named(w(from), ahead, from + 1, calendar)
}

fn end_named(name: &str, ahead: u32, length: usize, calendar: &Calendar) -> Option<Reading> {
    let today = calendar.today;
    let date = match name {
        "week" => calendar.in_week(Weekday::Fri, i64::from(ahead)),
        "month" => {
            let month = today.with_day(1)?.checked_add_months(Months::new(ahead))?;
            calendar.month_end(month.month(), month.year())
        }
        "quarter" => calendar.quarter_end(ahead),
        "year" => calendar.year_end(ahead),
        _ => return None,
    };
    end(length, date)
}

fn end(length: usize, date: Option<chrono::NaiveDate>) -> Option<Reading> {
    Some(Reading { length, date, grain: Grain::PeriodEnd })
}
