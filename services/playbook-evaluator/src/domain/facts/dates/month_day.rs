//! Days of the month: `the fourteenth`, `the 14th of May`, `May the fourteenth`, `18 March 2027`.

use super::period;
use super::reading::{Context, Reading};
use super::words::{At, count, is_also_verb, month, ordinal, year};
use chrono::{Datelike, NaiveDate, Weekday};
use std::ops::Range;

/// Reads the day of the month that starts here. `near_date`: another date stands just before, so a small ordinal is a
/// day too.
pub(super) fn read(at: At<'_>, context: &Context, near_date: bool) -> Option<Reading> {
    if let Some(reading) = written(at, context) {
        return Some(reading);
    }
    let (length, date) = with_month(at, context, None)?;
    let names_month = (0..length).any(|i| month(at.w(i)).is_some() || at.w(i) == "month");
    (names_month || is_bare_day(at, length, context, near_date)).then_some(())?;
    Some(Reading { is_number: true, ..Reading::new(length, super::Grain::Day, date) })
}

/// `2026-05-14`, `14.05.2026`, `14.05.26`.
fn written(at: At<'_>, context: &Context) -> Option<Reading> {
    if let Some(date) = dotted(at, context) {
        return Reading::day(1, Some(date));
    }
    let two = |i: usize| (at.w(i).len() == 2).then(|| at.w(i).parse::<u32>().ok()).flatten();
    let (_, year) = year(at).filter(|(length, _)| *length == 1)?;
    Reading::day(3, Some(NaiveDate::from_ymd_opt(year, two(1)?, two(2)?)?))
}

/// Years around the call's that two digits may mean: `10.4.8` is a version.
const NEAR_YEARS: Range<i32> = -1..11;

/// A date in one word, with a year that people speak of.
fn dotted(at: At<'_>, context: &Context) -> Option<NaiveDate> {
    let digits = |part: &str, most: usize| (part.len() <= most).then(|| part.parse::<u32>().ok()).flatten();
    let parts: Vec<&str> = at.w(0).split('.').collect();
    let [day, month, year] = parts.as_slice() else { return None };
    let said = i32::try_from(digits(year, 4)?).ok()?;
    let year = match year.len() {
        2 => Some(2000 + said).filter(|y| NEAR_YEARS.contains(&(y - context.calendar.today.year())))?,
        _ => Some(said).filter(|y| (2000..=2100).contains(y))?,
    };
    let is_version = matches!(at.back(1), "version" | "release" | "build" | "update" | "patch" | "firmware" | "v");
    NaiveDate::from_ymd_opt(year, digits(month, 2)?, digits(day, 2)?).filter(|_| !is_version)
}

/// `the first thing`, `the second line`, `the eighth floor`: an ordinal without a month is a date only among its like.
fn is_bare_day(at: At<'_>, length: usize, context: &Context, near_date: bool) -> bool {
    let the = at.skip(0, &["the"]);
    let Some((_, day)) = ordinal(at.on(the)) else { return false };
    // A day that was talked about may be said again without more.
    if context.talked.is_some_and(|t| !t.is_week && t.date.day() == day) && may_follow(at.w(length)) {
        return the == 1 || day > 5;
    }
    let follows_on = matches!(at.back(1), "on" | "by" | "for" | "until" | "till" | "from" | "before" | "after");
    let small = day <= 5;
    let ends = may_follow(at.w(length)) || (follows_on && !small && !is_counted(at.w(length)));
    let alone = !matches!(at.w(length), "half" | "quarter" | "one" | "two" | "and" | "or" | "of" | "first");
    the == 1 && ends && (!small || near_date || (follows_on && alone))
}

/// What an ordinal counts: `on the eighth floor`, `for the tenth time`.
fn is_counted(word: &str) -> bool {
    const COUNTED: &[&str] = &[
        "floor",
        "time",
        "century",
        "day",
        "week",
        "person",
        "year",
        "month",
        "line",
        "street",
        "avenue",
        "grade",
        "graders",
        "place",
        "page",
        "station",
        "district",
        "amendment",
        "edition",
        "hour",
        "minute",
        "item",
        "session",
        "quarter",
        "anniversary",
        "birthday",
        "round",
        "row",
        "part",
        "party",
        "site",
        "version",
        "attempt",
        "visit",
        "call",
        "meeting",
        "hole",
        "inning",
        "percentile",
        "slide",
        "chapter",
        "article",
        "clause",
        "customer",
    ];
    COUNTED.contains(&word)
}

/// What may follow a bare day of the month: `the eighth at nine`, not `the eighth graders`.
fn may_follow(word: &str) -> bool {
    const AFTER_DAY: &str = " a about after afternoon again already also and any are around as at be because before but \
        by can could do does early eight eleven evening fine first five for four from good grand great half he here how \
        i if in instead into is it just let look maybe morning my nine no noon not now of okay on one only or our over \
        perfect please quarter right same say seven she should six so suits sure ten than that the then there they this \
        though three till to twelve two unless until up was we well what when where which while will with works would \
        yeah yep yes you your ";
    word.is_empty()
        || AFTER_DAY.split_ascii_whitespace().any(|w| w == word)
        || word.starts_with(|c: char| c.is_ascii_digit())
}

/// A day of the month, with a month before or behind it; the day must fall on the weekday where one was said.
pub(super) fn with_month(at: At<'_>, context: &Context, on: Option<Weekday>) -> Option<(usize, Option<NaiveDate>)> {
    let calendar = &context.calendar;
    if let Some(m) = month(at.w(0)) {
        let skip = 1 + at.skip(1, &["the"]);
        let (length, day) = ordinal(at.on(skip)).or_else(|| cardinal_after_month(at, skip))?;
        return Some(dated(at, skip + length, day, m, context, on));
    }
    let the = at.skip(0, &["the"]);
    if let Some((length, day)) = ordinal(at.on(the)) {
        let next = the + length;
        let of = at.skip(next, &["of"]);
        if let Some(m) = month(at.w(next + of)).filter(|_| of == 1 || !is_also_verb(at.w(next)) || ends_date(at, next))
        {
            return Some(dated(at, next + of + 1, day, m, context, on));
        }
        if let Some((words, first)) = period::month_named(at.on(next + of), context).filter(|_| of == 1) {
            return Some((next + of + words, first.with_day(day).filter(|d| *d >= calendar.today)));
        }
        let again = context.talked.filter(|t| !t.is_week && t.date.day() == day).map(|t| t.date);
        let date = again.filter(|d| on.is_none_or(|w| w == d.weekday()));
        return (the == 1 || on.is_some() || again.is_some())
            .then(|| (next, date.or_else(|| calendar.next_day_of_month(day, None, on))));
    }
    let (length, day) = count(at.on(the)).filter(|(_, n)| (1..=31).contains(n))?;
    let digits = at.w(the).starts_with(|c: char| c.is_ascii_digit());
    let next = the + length;
    let of = at.skip(next, &["of"]);
    if let Some(m) = month(at.w(next + of)).filter(|_| digits || of == 1) {
        return Some(dated(at, next + of + 1, day, m, context, on));
    }
    // `Tuesday the 14`.
    (the == 1 && digits && on.is_some()).then(|| (next, calendar.next_day_of_month(day, None, on)))
}

/// `fourteenth may we` asks, `fourteenth may` doesn't.
fn ends_date(at: At<'_>, month: usize) -> bool {
    at.is_end(month + 1) || matches!(at.w(month + 1), "at" | "then" | "works" | "is" | "it" | "and" | "in")
}

/// `June 22`, `june twenty two`; not `june two hundred`, not `may two of us`.
fn cardinal_after_month(at: At<'_>, skip: usize) -> Option<(usize, u32)> {
    if year(at.on(skip)).is_some() {
        return None;
    }
    let (length, n) = count(at.on(skip)).filter(|(_, n)| (1..=31).contains(n))?;
    let digits = at.w(skip).starts_with(|c: char| c.is_ascii_digit());
    let counts = matches!(
        at.w(skip + length),
        "hundred"
            | "thousand"
            | "grand"
            | "k"
            | "percent"
            | "per"
            | "people"
            | "of"
            | "days"
            | "weeks"
            | "hours"
            | "million"
    );
    (!counts && (digits || !is_also_verb(at.w(0)) || n >= 10)).then_some((length, n))
}

/// A day and its month, with the year where it is said: how many words, and the date.
fn dated(
    at: At<'_>,
    length: usize,
    day: u32,
    month: u32,
    context: &Context,
    on: Option<Weekday>,
) -> (usize, Option<NaiveDate>) {
    if let Some((words, year)) = year(at.on(length)) {
        let date = NaiveDate::from_ymd_opt(year, month, day);
        return (length + words, date.filter(|d| on.is_none_or(|w| w == d.weekday())));
    }
    (length, context.calendar.next_day_of_month(day, Some(month), on))
}
