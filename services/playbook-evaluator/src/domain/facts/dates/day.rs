//! Single days that no weekday and no number names: tomorrow, the day after, the last working day of the month.

use super::calendar::{in_week_of, is_working, last_of_month, shift, shift_working};
use super::period;
use super::reading::{Anchor, Context, Reading, anchor};
use super::words::At;
use crate::domain::text::number;
use chrono::{Datelike, NaiveDate, Weekday};

/// Reads the day that starts here.
pub(super) fn read(at: At<'_>, context: &Context) -> Option<Reading> {
    near(at, context).or_else(|| working_day(at, context)).or_else(|| beside(at, context)).or_else(|| same(at, context))
}

fn near(at: At<'_>, context: &Context) -> Option<Reading> {
    let plus = |days: i64| context.calendar.plus(days);
    let talked = |days: i64| context.talked.filter(|t| !t.is_week).and_then(|t| shift(t.date, days));
    let the = at.skip(0, &["the"]);
    match (at.w(the), at.w(the + 1), at.w(the + 2)) {
        ("today", "week", _) => Reading::day(the + 2, plus(7)),
        ("today", "fortnight", _) => Reading::day(the + 2, plus(14)),
        ("tomorrow", "week", _) => Reading::day(the + 2, plus(8)),
        ("tomorrow", "fortnight", _) => Reading::day(the + 2, plus(15)),
        // `Tomorrow Friday` is one day, said twice.
        ("tomorrow", _, _) => Reading::day(the + 1, plus(1)),
        ("today" | "tonight", _, _) => Reading::day(the + 1, plus(0)),
        ("yesterday", _, _) => Reading::day(the + 1, plus(-1)),
        ("day", "after", "tomorrow") => Reading::day(the + 3, plus(2)),
        ("day", "before", "yesterday") => Reading::day(the + 3, plus(-2)),
        ("next" | "following", "day", _) if the == 1 => Reading::day(3, talked(1)),
        _ => None,
    }
}

/// `the last working day of the month`, `the first business day of June`, `the first working day after your shutdown`.
fn working_day(at: At<'_>, context: &Context) -> Option<Reading> {
    let the = at.skip(0, &["the"]);
    let at = at.on(the);
    let last = matches!(at.w(0), "last" | "final");
    let nth = if last { 1 } else { number::ordinal(at.w(0)).filter(|n| *n < 11)? };
    let working = matches!(at.w(1), "working" | "business" | "trading");
    if !matches!(at.w(1 + usize::from(working)), "day") {
        return None;
    }
    let next = 2 + usize::from(working);
    match at.w(next) {
        "of" | "in" => {
            let (length, first) = period::month_named(at.on(next + 1), context)?;
            let date = day_of_month(first, i64::from(nth), last, working);
            Reading::day(the + next + 1 + length, date.filter(|d| *d >= context.calendar.today))
        }
        "after" | "following" => {
            let found = anchor(at.on(next + 1), context).unwrap_or(Anchor::Unknown(1));
            let step = |date: NaiveDate| match working {
                true => shift_working(date, i64::from(nth)),
                false => shift(date, i64::from(nth)),
            };
            Reading::day(the + next + 1 + found.length(), found.date().and_then(step))
        }
        "back" if working => Reading::day(the + next + 1, None),
        _ => None,
    }
}

fn day_of_month(first: NaiveDate, nth: i64, last: bool, working: bool) -> Option<NaiveDate> {
    match (last, working) {
        (true, false) => last_of_month(first),
        (true, true) => shift_working(shift(last_of_month(first)?, 1)?, -1),
        (false, true) if is_working(first) => shift_working(first, nth - 1),
        (false, true) => shift_working(first, nth),
        (false, false) => shift(first, nth - 1),
    }
}

/// `the day before the first of May`, `the day after Labor Day`.
fn beside(at: At<'_>, context: &Context) -> Option<Reading> {
    let the = at.skip(0, &["the"]);
    let at = at.on(the);
    let step = match (at.w(0), at.w(1)) {
        ("day" | "morning", "after") => 1,
        ("day", "before") => -1,
        _ => return None,
    };
    match anchor(at.on(2), context) {
        Some(Anchor::Known(length, date)) => Reading::day(the + 2 + length, shift(date, step)),
        Some(Anchor::Unknown(length)) => Reading::day(the + 2 + length, None),
        None if at.is_end(2) || matches!(at.w(2), "then" | "works" | "instead" | "at" | "is" | "would") => {
            let date = context.talked.filter(|t| !t.is_week).and_then(|t| shift(t.date, step));
            Reading::day(the + 2, date)
        }
        None => None,
    }
}

/// `this time next week`, `same day the week after`, `same time tomorrow` is tomorrow.
fn same(at: At<'_>, context: &Context) -> Option<Reading> {
    let length = at.any(&[
        &["this", "time"],
        &["same", "time", "same", "day"],
        &["same", "day", "same", "time"],
        &["same", "day", "and", "time"],
        &["same", "time"],
        &["same", "day"],
        &["this", "day"],
    ])?;
    let in_ = at.skip(length, &["in", "of", "on"]);
    let next = length + in_;
    if let Some((words, monday)) = period::week(at.on(next), context) {
        let day: Weekday = context.calendar.today.weekday();
        return Reading::day(next + words, monday.and_then(|m| in_week_of(m, day)));
    }
    let (words, weeks) = super::counted::weeks(at.on(next)).filter(|_| in_ == 1)?;
    Reading::day(next + words, context.calendar.plus(7 * weeks))
}
