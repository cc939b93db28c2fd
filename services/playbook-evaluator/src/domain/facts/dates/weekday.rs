//! Everything that has a weekday in it.

use super::calendar::{first_after, in_week_of, last_before, shift};
use super::reading::{Anchor, Context, Reading, anchor};
use super::words::{At, month, ordinal, weekday, weekdays, year};
use super::{Grain, month_day, period};
use crate::domain::text::number;
use chrono::{Datelike, Months, NaiveDate, Weekday};

/// Reads the weekday that starts here, with what stands around it.
pub(super) fn read(at: At<'_>, context: &Context) -> Option<Reading> {
    not_this(at, context)
        .or_else(|| nth_of_month(at, context))
        .or_else(|| nth_from_now(at, context))
        .or_else(|| next_but_one(at, context))
        .or_else(|| named(at, context))
        .or_else(|| habit(at, context))
}

/// Words between the weekday that isn't meant and the one that is.
const EXCLUDED_REACH: usize = 4;

/// `not this Thursday, next Thursday`, `not this coming Tuesday, the one after`.
fn not_this(at: At<'_>, context: &Context) -> Option<Reading> {
    if at.w(0) != "not" {
        return None;
    }
    let lead = (1..5).find(|i| weekday(at.w(*i)).is_some())?;
    if !(1..lead).all(|i| matches!(at.w(i), "this" | "the" | "coming" | "tomorrow" | "next" | "on")) {
        return None;
    }
    let day = weekday(at.w(lead))?;
    let weeks = (1..lead).any(|i| at.w(i) == "next");
    let base = if weeks { context.calendar.in_week(day, 1) } else { context.calendar.coming(day) };
    let after = (lead + 1..=lead + 1 + EXCLUDED_REACH).find_map(|i| Some(i + the_one_after(at.on(i), day)?))?;
    Reading::day(after, base.and_then(|d| shift(d, 7)))
}

/// `the one after`, `the following one`, `next Thursday`, `the Thursday after`.
fn the_one_after(at: At<'_>, day: Weekday) -> Option<usize> {
    let the = at.skip(0, &["the", "but"]);
    let the = the + at.skip(the, &["the"]);
    let at = at.on(the);
    let same = |i: usize| weekday(at.w(i)) == Some(day) || at.w(i) == "one" || at.w(i) == "week";
    match at.w(0) {
        "next" | "following" => Some(the + 1 + usize::from(same(1))),
        _ if same(0) && matches!(at.w(1), "after" | "following") => Some(the + 2),
        _ => None,
    }
}

/// `first Thursday in May`, `last Friday of the month`, `second Tuesday of next month`.
fn nth_of_month(at: At<'_>, context: &Context) -> Option<Reading> {
    let the = at.skip(0, &["the"]);
    let at = at.on(the);
    let nth = if at.w(0) == "last" { 5 } else { number::ordinal(at.w(0)).filter(|n| *n < 5)? };
    let day = weekday(at.w(1))?;
    if !matches!(at.w(2), "in" | "of") {
        return None;
    }
    let (length, first) = period::month_named(at.on(3), context)?;
    let mut date = context.calendar.nth_weekday(nth, day, first.month(), first.year());
    if year(at.on(4)).is_some() && month(at.w(3)).is_some() {
        return Reading::day(the + 3 + length, date);
    }
    // The first Tuesday of this month may be over.
    if date.is_some_and(|d| d < context.calendar.today) {
        let months = if month(at.w(3)).is_some() { 12 } else { 1 };
        let next = first.checked_add_months(Months::new(months))?;
        date = context.calendar.nth_weekday(nth, day, next.month(), next.year());
    }
    Reading::day(the + 3 + length, date.filter(|d| *d >= context.calendar.today))
}

/// `two Fridays from now`.
fn nth_from_now(at: At<'_>, context: &Context) -> Option<Reading> {
    let n = number::unit(at.w(0)).filter(|n| (1..10).contains(n))?;
    let day = weekdays(at.w(1))?;
    let length = 2 + at.on(2).any(&[&["from", "now"], &["from", "today"], &["hence"], &["out"]])?;
    Reading::day(length, context.calendar.coming(day).and_then(|d| shift(d, 7 * i64::from(n) - 7)))
}

/// `next but one Friday`, `the next Friday but one`.
fn next_but_one(at: At<'_>, context: &Context) -> Option<Reading> {
    let the = at.skip(0, &["the"]);
    let at = at.on(the);
    let (length, day) = if at.starts(&["next", "but", "one"]) {
        (4, weekday(at.w(3))?)
    } else {
        let next = at.skip(0, &["next"]);
        let day = weekday(at.w(next)).filter(|_| at.on(next + 1).starts(&["but", "one"]))?;
        (next + 3, day)
    };
    Reading::day(the + length, context.calendar.coming(day).and_then(|d| shift(d, 7)))
}

/// Words before a weekday that tell which one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    None,
    The,
    This,
    Next,
    Following,
    Last,
    FirstAfter,
}

fn lead(at: At<'_>) -> (usize, Lead) {
    const LEADS: &[(&[&str], Lead)] = &[
        (&["this", "coming"], Lead::This),
        (&["the", "coming"], Lead::This),
        (&["the", "following"], Lead::Following),
        (&["the", "very", "next"], Lead::Following),
        (&["the", "next"], Lead::Following),
        (&["the", "first"], Lead::FirstAfter),
        (&["this", "past"], Lead::Last),
        (&["this"], Lead::This),
        (&["coming"], Lead::This),
        (&["next"], Lead::Next),
        (&["following"], Lead::Following),
        (&["last"], Lead::Last),
        (&["the", "last"], Lead::Last),
        (&["the"], Lead::The),
        (&["first"], Lead::FirstAfter),
    ];
    let found = LEADS.iter().find(|(words, _)| at.starts(words) && weekday(at.w(words.len())).is_some());
    found.map_or((0, Lead::None), |(words, lead)| (words.len(), *lead))
}

fn named(at: At<'_>, context: &Context) -> Option<Reading> {
    let (skip, lead) = lead(at);
    let day = weekday(at.w(skip))?;
    if lead == Lead::None && matches!(at.back(1), "a" | "last" | "another") && at.back(2) != "week" {
        return None;
    }
    let calendar = &context.calendar;
    let daypart = at.skip(skip + 1, &["morning", "afternoon", "evening", "lunchtime", "night"]);
    for after in [skip + 1, skip + 1 + daypart] {
        if let Some((length, date)) = tail(at.on(after), day, lead, context) {
            return Reading::day(after + length, date);
        }
    }
    let date = match lead {
        Lead::Next => calendar.in_week(day, 1),
        Lead::Following => context
            .talked
            .map(|t| t.date)
            .filter(|d| *d > calendar.today)
            .map_or_else(|| calendar.coming(day), |d| first_after(d, day)),
        Lead::The => the_weekday(day, context),
        Lead::Last => last_before(calendar.today, day),
        // `The first Tuesday`: of what?
        Lead::FirstAfter => return Some(Reading { is_habit: true, ..Reading::new(skip + 1, Grain::Day, None) }),
        Lead::This => calendar.coming(day),
        Lead::None => in_talked_week(day, context).or_else(|| calendar.coming(day)),
    };
    Reading::day(skip + 1, date)
}

/// `The Friday` after another day was named is the one of that week; `the Monday` after a Friday is the next.
fn the_weekday(day: Weekday, context: &Context) -> Option<NaiveDate> {
    let coming = context.calendar.coming(day);
    let Some(talked) = context.talked.filter(|t| t.date > context.calendar.today || t.is_week) else { return coming };
    let late = matches!(talked.date.weekday(), Weekday::Thu | Weekday::Fri | Weekday::Sat | Weekday::Sun);
    if !talked.is_week && late && day == Weekday::Mon {
        return first_after(talked.date, day);
    }
    in_week_of(talked.date, day).filter(|d| *d > context.calendar.today).or(coming)
}

/// A weekday alone, where a week that isn't this one was just named.
fn in_talked_week(day: Weekday, context: &Context) -> Option<NaiveDate> {
    let talked = context.talked.filter(|t| t.is_week)?;
    in_week_of(talked.date, day).filter(|d| *d > context.calendar.today)
}

/// What follows a weekday and tells which one: how many words, and the day.
fn tail(at: At<'_>, day: Weekday, lead: Lead, context: &Context) -> Option<(usize, Option<NaiveDate>)> {
    let calendar = &context.calendar;
    let coming = calendar.coming(day);
    let plus = |days: i64| coming.and_then(|d| shift(d, days));
    if let Some(found) = counted_weeks(at, day, context) {
        return Some(found);
    }
    match (at.w(0), at.w(1)) {
        ("gone" | "past" | "last", _) => Some((1, last_before(calendar.today, day))),
        ("just", "gone" | "past") => Some((2, last_before(calendar.today, day))),
        ("after", "next") => Some((2, plus(7))),
        ("coming", _) => Some((1, coming)),
        ("next", week) if week != "week" && week != "month" => Some((1, coming)),
        ("after", "that") => Some((2, context.talked.and_then(|t| first_after(t.date, day)))),
        ("after" | "following", _) => after(at, day, lead, context),
        ("before", _) => {
            let anchor = anchor(at.on(1), context)?;
            Some((1 + anchor.length(), anchor.date().and_then(|d| last_before(d, day))))
        }
        ("not", "this") => {
            let skip = 2 + at.skip(2, &["one", "coming", "week"]) + usize::from(weekday(at.w(2)) == Some(day));
            Some((skip + the_one_after(at.on(skip), day)?, plus(7)))
        }
        _ => of_week(at, day, context).or_else(|| month_day::with_month(at, context, Some(day))),
    }
}

/// `week`, `fortnight`, `a week`, `in two weeks`, `two weeks out`.
fn counted_weeks(at: At<'_>, day: Weekday, context: &Context) -> Option<(usize, Option<NaiveDate>)> {
    let plus = |weeks: i64| context.calendar.coming(day).and_then(|d| shift(d, 7 * weeks));
    if at.w(0) == "in" {
        let (length, weeks) = super::counted::weeks(at.on(1))?;
        let time = at.skip(1 + length, &["time"]);
        return Some((1 + length + time, context.calendar.in_week(day, weeks)));
    }
    match at.w(0) {
        "week" => Some((1, plus(1))),
        "fortnight" => Some((1, plus(2))),
        _ => {
            // `Tuesday, three weeks from yesterday` says it twice.
            let (length, weeks) =
                super::counted::weeks(at).filter(|(n, _)| !matches!(at.w(*n), "from" | "after" | "before" | "on"))?;
            Some((length + at.skip(length, &["out", "hence"]), plus(weeks)))
        }
    }
}

/// `after Easter`, `after the bank holiday`, `following the fourteenth`, `after your shutdown`, or only `after`.
fn after(at: At<'_>, day: Weekday, lead: Lead, context: &Context) -> Option<(usize, Option<NaiveDate>)> {
    if let Some(found) = anchor(at.on(1), context).filter(|_| !at.breaks(1)) {
        let date = match found {
            Anchor::Known(_, date) => first_after(date, day),
            Anchor::Unknown(_) => None,
        };
        return Some((1 + found.length(), date));
    }
    if at.w(0) == "after" && (at.breaks(1) || matches!(at.w(1), "at" | "then" | "if" | "or" | "in" | "so" | "maybe")) {
        let from = context.talked.filter(|t| t.date > context.calendar.today).map(|t| t.date);
        let date = from.and_then(|d| first_after(d, day));
        return matches!(lead, Lead::The | Lead::None).then_some((1, date));
    }
    // `The Friday after they clear out`; `Friday after lunch` is a Friday.
    let happens = matches!(lead, Lead::The | Lead::FirstAfter) && !is_time_of_day(at.w(1));
    happens.then_some((2, None))
}

fn is_time_of_day(word: &str) -> bool {
    matches!(
        word,
        "lunch"
            | "lunchtime"
            | "noon"
            | "midday"
            | "work"
            | "school"
            | "breakfast"
            | "hours"
            | "dinner"
            | "half"
            | "tea"
    ) || number::unit(word).is_some()
        || word.starts_with(|c: char| c.is_ascii_digit())
}

/// `of next week`, `next week`, `the week after next`, `of the week commencing the fourth`.
fn of_week(at: At<'_>, day: Weekday, context: &Context) -> Option<(usize, Option<NaiveDate>)> {
    let skip = at.skip(0, &["of", "in", "on"]);
    let (length, monday) = period::week(at.on(skip), context)?;
    Some((skip + length, monday.and_then(|m| in_week_of(m, day)).filter(|d| *d >= context.calendar.today)))
}

/// `Fridays`: a habit, or `Friday's` without its apostrophe before what is said of it.
fn habit(at: At<'_>, context: &Context) -> Option<Reading> {
    let day = weekdays(at.w(0))?;
    let says_of_it = matches!(
        at.w(1),
        "good" | "fine" | "ok" | "okay" | "out" | "no" | "bad" | "best" | "better" | "perfect" | "great" | "grand"
    );
    let date = context.calendar.coming(day).filter(|_| says_of_it);
    Some(Reading { is_habit: !says_of_it, ..Reading::new(1, Grain::Day, date) })
}

/// `next week Thursday`, `the week after next on Monday`: the week first.
pub(super) fn after_week(at: At<'_>, monday: Option<NaiveDate>) -> Option<(usize, Option<NaiveDate>)> {
    let mut next = 0;
    while next < 3 && matches!(at.w(next), "on" | "the" | "say" | "maybe" | "then" | "perhaps" | "like") {
        next += 1;
    }
    let day = weekday(at.w(next))?;
    // `next week, Thursday the ninth` says it better itself.
    let exact = ordinal(at.on(next + 1 + at.skip(next + 1, &["the"]))).is_some();
    (!exact && at.w(next + 1) != "week").then_some((next + 1, monday.and_then(|m| in_week_of(m, day))))
}
