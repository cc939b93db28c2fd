//! What is read at a place of a sentence, and what it is read against.

use super::calendar::{Calendar, in_week_of};
use super::words::At;
use super::{Grain, Mention, counted, day, holiday, month_day, period, weekday};
use chrono::{Datelike, NaiveDate, Weekday};

/// A date read from some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) length: usize,
    pub(super) date: Option<NaiveDate>,
    pub(super) grain: Grain,
    pub(super) from: Option<NaiveDate>,
    pub(super) is_holiday: bool,
    pub(super) is_habit: bool,
    /// A day of the month or a count of days, and no weekday.
    pub(super) is_number: bool,
    /// `the week after`: said again, it is the same week.
    pub(super) is_following: bool,
}

impl Reading {
    pub(super) fn new(length: usize, grain: Grain, date: Option<NaiveDate>) -> Self {
        Self {
            length,
            date,
            grain,
            from: None,
            is_holiday: false,
            is_habit: false,
            is_number: false,
            is_following: false,
        }
    }

    pub(super) fn day(length: usize, date: Option<NaiveDate>) -> Option<Self> {
        Some(Self::new(length, Grain::Day, date))
    }

    pub(super) fn period(length: usize, from: Option<NaiveDate>) -> Option<Self> {
        Some(Self { from, ..Self::new(length, Grain::Period, None) })
    }
}

/// The day or the week that is being talked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talked {
    pub(super) date: NaiveDate,
    pub(super) is_week: bool,
    pub(super) is_following: bool,
}

/// What words are read against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) calendar: Calendar,
    pub(super) talked: Option<Talked>,
}

impl Context {
    pub(super) fn talk_of(&mut self, mention: &Mention, reading: &Reading) {
        let (date, is_week) = match mention.grain {
            Grain::Day => (mention.date, false),
            Grain::Period => (mention.from, true),
            // `End of next week?` `Friday then.`
            Grain::PeriodEnd => (mention.date.filter(|d| d.weekday() == Weekday::Fri), true),
            Grain::About => (None, false),
        };
        let ahead = date.filter(|d| (*d > self.calendar.today || is_week) && !mention.is_habit);
        // A weekday that is said of the day talked about is that day.
        let again = mention.bare_weekday.is_some()
            && self.talked.is_some_and(|t| !t.is_week && mention.bare_weekday == Some(t.date.weekday()));
        if let Some(date) = ahead.filter(|_| !again) {
            self.talked = Some(Talked { date, is_week, is_following: reading.is_following });
        }
    }

    /// Monday of the week after the one that is talked about.
    pub(super) fn week_after(&self) -> Option<NaiveDate> {
        let talked = self.talked?;
        let monday = in_week_of(talked.date, Weekday::Mon)?;
        if talked.is_following { Some(monday) } else { super::calendar::shift(monday, 7) }
    }
}

/// Reads the date that starts here. `near_date`: another stands just before, so a bare ordinal is a day too.
pub(super) fn read(at: At<'_>, context: &Context, near_date: bool) -> Option<Reading> {
    period::read(at, context)
        .or_else(|| single_day(at, context))
        .or_else(|| month_day::read(at, context, near_date))
        .or_else(|| named_holiday(at, context))
}

/// A day that isn't a bare day of the month.
pub(super) fn single_day(at: At<'_>, context: &Context) -> Option<Reading> {
    day::read(at, context)
        .or_else(|| counted::read(at, context).map(|r| Reading { is_number: r.grain == Grain::Day, ..r }))
        .or_else(|| holiday_weekday(at, context))
        .or_else(|| weekday::read(at, context))
}

/// `Easter Monday`, `Good Friday`: a weekday in it, but a holiday.
fn holiday_weekday(at: At<'_>, context: &Context) -> Option<Reading> {
    let found = holiday::read(at, &context.calendar)?;
    let names_weekday = (0..found.length).any(|i| super::words::weekday(at.w(i)).is_some());
    names_weekday.then(|| Reading { is_holiday: true, ..Reading::new(found.length, Grain::Day, found.date) })
}

fn named_holiday(at: At<'_>, context: &Context) -> Option<Reading> {
    let found = holiday::read(at, &context.calendar)?;
    // `before Diwali` gives no day, and neither does `after Easter`.
    let beside = matches!(at.back(1), "before" | "after" | "until" | "till" | "around");
    let grain = if beside || found.date.is_none() { Grain::Period } else { Grain::Day };
    Some(Reading { is_holiday: true, ..Reading::new(found.length, grain, found.date.filter(|_| !beside)) })
}

/// The day that another is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Known(usize, NaiveDate),
    /// Something happens, and no calendar tells when.
    Unknown(usize),
}

impl Anchor {
    pub(super) fn length(self) -> usize {
        match self {
            Self::Known(length, _) | Self::Unknown(length) => length,
        }
    }

    pub(super) fn date(self) -> Option<NaiveDate> {
        match self {
            Self::Known(_, date) => Some(date),
            Self::Unknown(_) => None,
        }
    }
}

/// A day to count from: `the bank holiday`, `the first of May`, `tomorrow`.
pub(super) fn anchor(at: At<'_>, context: &Context) -> Option<Anchor> {
    let skip = at.skip(0, &["the", "your", "our"]);
    if let Some(found) = holiday::read(at.on(skip), &context.calendar) {
        let length = skip + found.length;
        return Some(found.date.map_or(Anchor::Unknown(length), |date| Anchor::Known(length, date)));
    }
    let reading = month_day::read(at, context, true).or_else(|| single_day(at, context))?;
    let known = reading.date.filter(|_| reading.grain == Grain::Day);
    Some(known.map_or(Anchor::Unknown(reading.length), |date| Anchor::Known(reading.length, date)))
}
