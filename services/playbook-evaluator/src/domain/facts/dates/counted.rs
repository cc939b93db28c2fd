//! Days counted from another: `a fortnight on Monday`, `in ten days' time`, `three weeks tomorrow`.

use super::Grain;
use super::calendar::{shift, shift_working};
use super::reading::{Anchor, Context, Reading, anchor};
use super::words::{At, count};
use chrono::{Months, NaiveDate};

/// How far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Distance {
    Days(i64),
    Working(i64),
    Months(u32),
}

impl Distance {
    fn after(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(n) => shift(date, n),
            Self::Working(n) => shift_working(date, n),
            Self::Months(n) => date.checked_add_months(Months::new(n)),
        }
    }

    fn before(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(n) => shift(date, -n),
            Self::Working(n) => shift_working(date, -n),
            Self::Months(n) => date.checked_sub_months(Months::new(n)),
        }
    }
}

/// Reads what is counted from here.
pub(super) fn read(at: At<'_>, context: &Context) -> Option<Reading> {
    let from_now = at.skip(0, &["in", "within"]);
    let (length, distance) = distance(at.on(from_now))?;
    let next = from_now + length;
    let today = context.calendar.today;
    if from_now == 0 {
        return from_anchor(at.on(next), distance, context)
            .map(|r| Reading { length: next + r.length, ..r })
            .or_else(|| time(at, next, distance, today));
    }
    if let Some(reading) = time(at, next, distance, today) {
        return Some(reading);
    }
    // `In three weeks on Tuesday` is a Tuesday; `in three weeks we had it live` is no date at all.
    if let Some(reading) = from_anchor(at.on(next), distance, context).filter(|_| at.w(0) == "in") {
        return Some(Reading { length: next + reading.length, ..reading });
    }
    // `How many in a month` is a rate.
    if at.w(1) == "a" && matches!(at.w(2), "day" | "week" | "month") || vague(at, next) {
        return Reading::period(next, None);
    }
    let same = (next..next + 3).any(|i| at.w(i) == "same") || (1..3).any(|i| at.back(i) == "same");
    let grain = if same || matches!(distance, Distance::Working(_)) { Grain::Day } else { Grain::About };
    Some(Reading::new(next, grain, distance.after(today)))
}

/// `in a couple of weeks or so`, `in maybe three weeks`.
fn vague(at: At<'_>, next: usize) -> bool {
    (at.w(next) == "or" && matches!(at.w(next + 1), "so" | "three" | "four" | "whenever"))
        || matches!(at.back(1), "maybe" | "perhaps" | "done" | "it" | "live")
}

/// `ten days' time`, `two weeks hence`, `three weeks ago`.
fn time(at: At<'_>, next: usize, distance: Distance, today: NaiveDate) -> Option<Reading> {
    match at.w(next) {
        "time" | "hence" | "out" => Reading::day(next + 1, distance.after(today)),
        "ago" | "back" => Reading::day(next + 1, distance.before(today)),
        _ => None,
    }
}

/// `from today`, `on Monday`, `tomorrow`, `after Easter`, `before the first`.
fn from_anchor(at: At<'_>, distance: Distance, context: &Context) -> Option<Reading> {
    let today = context.calendar.today;
    let link = at.skip(0, &["from", "on", "after", "before", "past", "this", "following"]);
    match at.w(link) {
        "today" => return Reading::day(link + 1, distance.after(today)),
        "now" if link == 1 => return Reading::day(link + 1, distance.after(today)),
        "tomorrow" => return Reading::day(link + 1, distance.after(shift(today, 1)?)),
        "yesterday" if link == 1 => return Reading::day(link + 1, distance.after(shift(today, -1)?)),
        _ => {}
    }
    // `A week Thursday` and `two weeks Thursday`, but not `three weeks the board sits`.
    if link == 0 && super::words::weekday(at.w(0)).is_none() {
        return None;
    }
    let skip = if at.w(0) == "this" { 1 } else { link };
    // What is counted from a weekday is counted from the coming one, whatever was talked about.
    let context = &Context { talked: None, ..*context };
    match anchor(at.on(skip), context)? {
        // `A week from Monday, the sixth of April`: the number names the day that is meant.
        Anchor::Known(length, date) if length > 1 && from_weekday(at.on(skip), distance, context) == Some(date) => {
            Reading::day(skip + length, Some(date))
        }
        Anchor::Known(length, date) => {
            let date = if at.w(0) == "before" { distance.before(date) } else { distance.after(date) };
            Reading::day(skip + length, date)
        }
        Anchor::Unknown(length) => Reading::day(skip + length, None),
    }
}

fn from_weekday(at: At<'_>, distance: Distance, context: &Context) -> Option<NaiveDate> {
    distance.after(context.calendar.coming(super::words::weekday(at.w(0))?)?)
}

fn distance(at: At<'_>) -> Option<(usize, Distance)> {
    let (length, n) = quantity(at)?;
    let n = i64::from(n);
    let (unit, distance) = match (at.w(length), at.w(length + 1)) {
        ("day" | "days", _) => (1, Distance::Days(n)),
        ("working" | "business", "day" | "days") => (2, Distance::Working(n)),
        ("calendar", "day" | "days") => (2, Distance::Days(n)),
        ("week" | "weeks", _) => (1, Distance::Days(7 * n)),
        ("fortnight" | "fortnights", _) => (1, Distance::Days(14 * n)),
        ("month" | "months", _) => (1, Distance::Months(u32::try_from(n).ok()?)),
        _ => return None,
    };
    Some((length + unit, distance))
}

/// `a`, `two`, `a couple of`, `fourteen`; `fortnight` alone is one.
fn quantity(at: At<'_>) -> Option<(usize, u32)> {
    if let Some(length) = at.any(&[&["a", "couple", "of"], &["couple", "of"], &["a", "couple"]]) {
        return Some((length, 2));
    }
    match at.w(0) {
        "a" | "another" => Some((1, 1)),
        "fortnight" => Some((0, 1)),
        "week" if matches!(at.w(1), "from" | "on" | "today" | "tomorrow") => Some((0, 1)),
        _ => count(at).filter(|(_, n)| (1..=200).contains(n)),
    }
}

/// A number of weeks: how many words, and how many weeks.
pub(super) fn weeks(at: At<'_>) -> Option<(usize, i64)> {
    match distance(at)? {
        (length, Distance::Days(days)) if length > 1 && days % 7 == 0 && !at.w(length - 1).starts_with("day") => {
            Some((length, days / 7))
        }
        _ => None,
    }
}
