//! Weeks, months, quarters and years, and their ends.

use super::Grain;
use super::calendar::{in_week_of, last_of_month, shift};
use super::reading::{Anchor, Context, Reading, anchor};
use super::weekday::after_week;
use super::words::{At, count, is_also_verb, month, ordinal, weekday, year};
use crate::domain::text::number;
use chrono::{Datelike, Months, NaiveDate, Weekday};

/// Reads the period, or the end of one, that starts here.
pub(super) fn read(at: At<'_>, context: &Context) -> Option<Reading> {
    end_of(at, context)
        .or_else(|| part_of_month(at, context))
        .or_else(|| whole_week(at, context))
        .or_else(|| whole_month(at, context))
        .or_else(|| by_name(at))
}

/// `next month`, `this quarter`, `q3`, `the spring`.
fn by_name(at: At<'_>) -> Option<Reading> {
    match (at.w(0), at.w(1)) {
        ("next" | "this" | "the" | "last", "month" | "quarter" | "year") => Reading::period(2, None),
        ("next" | "this" | "the" | "last" | "in", "spring" | "summer" | "autumn" | "winter") => {
            Reading::period(2, None)
        }
        (word, _) if quarter(word).is_some() => Reading::period(1, None),
        _ => None,
    }
}

/// A week: how many words, and its Monday where the words settle it.
pub(super) fn week(at: At<'_>, context: &Context) -> Option<(usize, Option<NaiveDate>)> {
    let monday = |weeks: i64| context.calendar.in_week(Weekday::Mon, weeks);
    let the = at.skip(0, &["the", "that"]);
    match (at.w(the), at.w(the + 1), at.w(the + 2)) {
        ("next", "week", _) => Some((the + 2, monday(1))),
        ("this", "week", _) => Some((the + 2, monday(0))),
        ("week", "after", "next") => Some((the + 3, monday(2))),
        ("week", "after", "that") => Some((the + 3, context.week_after())),
        ("week", "of" | "commencing" | "beginning" | "starting", _) => {
            let found = anchor(at.on(the + 2), context)?;
            Some((the + 2 + found.length(), found.date().and_then(|d| in_week_of(d, Weekday::Mon))))
        }
        ("week", "after" | "following", _) => match anchor(at.on(the + 2), context) {
            Some(Anchor::Known(length, date)) => {
                let after = in_week_of(date, Weekday::Mon).and_then(|d| shift(d, 7));
                Some((the + 2 + length, after))
            }
            Some(Anchor::Unknown(length)) => Some((the + 2 + length, None)),
            // `The week after the order`: nobody knows when.
            None if at.back(1) != "a" && ends_phrase(at.on(the + 2)) => Some((the + 2, context.week_after())),
            None => Some((the + 2, None)),
        },
        ("following", "week", _) => Some((the + 2, context.week_after())),
        ("week", _, _) if at.w(0) == "that" => Some((2, context.talked.and_then(|t| in_week_of(t.date, Weekday::Mon)))),
        _ => None,
    }
}

fn ends_phrase(at: At<'_>) -> bool {
    at.is_end(0)
        || weekday(at.w(0)).is_some()
        || matches!(
            at.w(0),
            "then" | "on" | "works" | "is" | "would" | "maybe" | "if" | "that" | "say" | "so" | "or" | "and"
        )
}

fn whole_week(at: At<'_>, context: &Context) -> Option<Reading> {
    let (length, monday) = week(at, context)?;
    let is_following = (0..length).any(|i| matches!(at.w(i), "after" | "following")) && at.w(length - 1) != "next";
    if let Some((words, date)) = after_week(at.on(length), monday) {
        return Reading::day(length + words, date.filter(|d| *d >= context.calendar.today));
    }
    Some(Reading { is_following, ..Reading::new(length, Grain::Period, None) })
        .map(|reading| Reading { from: monday, ..reading })
}

/// The month of some words, its first day: `next month`, `the month`, `May`, `June 2027`.
pub(super) fn month_named(at: At<'_>, context: &Context) -> Option<(usize, NaiveDate)> {
    let calendar = &context.calendar;
    match (at.w(0), at.w(1)) {
        ("next", "month") => Some((2, calendar.month_start(1)?)),
        ("the" | "this", "month") => Some((2, calendar.month_start(0)?)),
        ("the", "following") if at.w(2) == "month" => Some((3, calendar.month_start(1)?)),
        ("month", _) => Some((1, calendar.month_start(0)?)),
        (name, _) => {
            let m = month(name)?;
            let (words, year) = year(at.on(1)).unwrap_or((0, calendar.year_of(m)));
            Some((1 + words, NaiveDate::from_ymd_opt(year, m, 1)?))
        }
    }
}

/// `in May`, `by June`, `mid July`: no day.
fn whole_month(at: At<'_>, context: &Context) -> Option<Reading> {
    let early = at.skip(0, &["mid", "early", "late", "sometime"]);
    let leads =
        matches!(at.back(1), "in" | "by" | "for" | "until" | "till" | "before" | "from" | "since" | "of" | "during");
    if early == 0 && !leads {
        return None;
    }
    let at = at.on(early + at.skip(early, &["in"]) * early);
    let m = month(at.w(0))?;
    let day = ordinal(at.on(1 + at.skip(1, &["the"]))).is_some() || names_day(at);
    if day || (is_also_verb(at.w(0)) && early == 0 && at.back(1) == "of") {
        return None;
    }
    let (words, year) = year(at.on(1)).unwrap_or((0, context.calendar.year_of(m)));
    let from = NaiveDate::from_ymd_opt(year, m, 1).filter(|_| early == 0);
    Reading::period(early + 1 + words, from)
}

fn names_day(at: At<'_>) -> bool {
    year(at.on(1)).is_none() && count(at.on(1)).is_some_and(|(_, n)| (1..=31).contains(&n))
}

/// `first week of June`, `the beginning of May`, `second half of the month`: from a day, but on none.
fn part_of_month(at: At<'_>, context: &Context) -> Option<Reading> {
    let the = at.skip(0, &["the"]);
    let part = at.on(the);
    let (length, nth) = match (part.w(0), part.w(1)) {
        ("start" | "beginning" | "top", _) => (1, 1),
        ("middle" | "back" | "mid", _) if part.w(1) == "of" => (1, 0),
        ("last", "week" | "weeks" | "half" | "days") => (2, 0),
        (word, "week") => (2, number::ordinal(word).filter(|n| *n < 6)?),
        (word, "half" | "days" | "few") => (2, number::ordinal(word).filter(|n| *n < 6)?),
        _ => return None,
    };
    if !matches!(part.w(length), "of" | "in") {
        return None;
    }
    if let Some((words, monday)) = week(part.on(length + 1), context) {
        return Reading::period(the + length + 1 + words, monday.filter(|_| nth == 1));
    }
    let (words, first) = month_named(part.on(length + 1), context)?;
    // The first week is the first that begins in the month.
    let first_monday = shift(first, -1).and_then(|d| super::calendar::first_after(d, Weekday::Mon));
    let from = match (part.w(1), nth) {
        ("week", 1..) => first_monday.and_then(|d| shift(d, 7 * (i64::from(nth) - 1))),
        (_, 1) => Some(first),
        _ => None,
    };
    Reading::period(the + length + 1 + words, from)
}

/// `q3`.
fn quarter(word: &str) -> Option<u32> {
    word.strip_prefix('q').and_then(|n| n.parse().ok()).filter(|n| (1..=4).contains(n))
}

/// `end of next quarter`, `month end`, `close of q3`, `eom`.
fn end_of(at: At<'_>, context: &Context) -> Option<Reading> {
    let the = at.skip(0, &["the"]);
    let end = at.on(the);
    // `Calendar year end`.
    let context = &if end.back(1) == "calendar" { by_calendar_year(context) } else { *context };
    match (end.w(0), end.w(1)) {
        ("end" | "close", "of") => of_period(end.on(2), context).map(|r| Reading { length: the + 2 + r.length, ..r }),
        ("end" | "close", _) if month(end.w(1)).is_some() => {
            of_period(end.on(1), context).map(|r| Reading { length: the + 1 + r.length, ..r })
        }
        ("month" | "months" | "quarter" | "quarters" | "year" | "years", "end" | "close") => {
            ends(the + 2, named_end(end.w(0).trim_end_matches('s'), 0, context))
        }
        ("next" | "this", "month" | "quarter" | "year") if matches!(end.w(2), "end" | "close") => {
            ends(the + 3, named_end(end.w(1), u32::from(end.w(0) == "next"), context))
        }
        ("eom", _) => ends(the + 1, named_end("month", 0, context)),
        ("eoq", _) => ends(the + 1, named_end("quarter", 0, context)),
        ("eoy", _) => ends(the + 1, named_end("year", 0, context)),
        ("eow", _) => ends(the + 1, named_end("week", 0, context)),
        (name, "end" | "close") if quarter(name).is_some() => {
            ends(the + 2, quarter(name).and_then(|n| context.calendar.numbered_quarter_end(n)))
        }
        _ => None,
    }
}

/// What `end of` is said of.
fn of_period(at: At<'_>, context: &Context) -> Option<Reading> {
    let skip = at.skip(0, &["the", "this", "our", "your", "their"]);
    let at = at.on(skip);
    if let Some(n) = quarter(at.w(0)) {
        return ends(skip + 1, context.calendar.numbered_quarter_end(n));
    }
    if month(at.w(0)).is_some() {
        let (words, first) = month_named(at, context)?;
        return ends(skip + words, last_of_month(first));
    }
    if at.starts(&["week", "after", "next"]) {
        return ends(skip + 3, context.calendar.in_week(Weekday::Fri, 2));
    }
    if at.starts(&["following", "week"]) || (at.starts(&["week", "after"]) && at.is_end(2)) {
        return ends(skip + 2, context.week_after().and_then(|m| shift(m, 4)));
    }
    let ahead = u32::from(at.w(0) == "next");
    let next = ahead as usize + at.skip(ahead as usize, &["fiscal", "financial", "calendar", "business"]);
    let date = match at.w(ahead as usize) {
        "calendar" => named_end(at.w(next), ahead, &by_calendar_year(context)),
        _ => named_end(at.w(next), ahead, context),
    };
    ends(skip + next + 1, Some(date?))
}

fn by_calendar_year(context: &Context) -> Context {
    Context { calendar: context.calendar.by_calendar_year(), ..*context }
}

fn named_end(name: &str, ahead: u32, context: &Context) -> Option<NaiveDate> {
    let calendar = &context.calendar;
    match name {
        "week" => calendar.in_week(Weekday::Fri, i64::from(ahead)).filter(|d| *d >= calendar.today),
        "month" => last_of_month(calendar.today.with_day(1)?.checked_add_months(Months::new(ahead))?),
        "quarter" => calendar.quarter_end(ahead),
        "year" => calendar.year_end(ahead),
        _ => None,
    }
}

fn ends(length: usize, date: Option<NaiveDate>) -> Option<Reading> {
    Some(Reading::new(length, Grain::PeriodEnd, date))
}
