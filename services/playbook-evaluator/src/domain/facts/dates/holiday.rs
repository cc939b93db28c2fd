//! Public days that people date by.

use super::calendar::{Calendar, shift};
use chrono::{Datelike, NaiveDate, Weekday};

type Rule = fn(i32) -> Option<NaiveDate>;

const HOLIDAYS: &[(&[&str], Rule)] = &[
    (&["presidents", "day"], |y| nth(y, 2, Weekday::Mon, 3)),
    (&["presidents'", "day"], |y| nth(y, 2, Weekday::Mon, 3)),
    (&["memorial", "day"], |y| last(y, 5, Weekday::Mon)),
    (&["labor", "day"], |y| nth(y, 9, Weekday::Mon, 1)),
    (&["columbus", "day"], |y| nth(y, 10, Weekday::Mon, 2)),
    (&["thanksgiving"], |y| nth(y, 11, Weekday::Thu, 4)),
    (&["christmas"], |y| NaiveDate::from_ymd_opt(y, 12, 25)),
    (&["new", "year"], |y| NaiveDate::from_ymd_opt(y, 1, 1)),
    (&["good", "friday"], |y| shift(easter(y)?, -2)),
    (&["easter", "monday"], |y| shift(easter(y)?, 1)),
    (&["easter"], easter),
    (&["ascension"], |y| shift(easter(y)?, 39)),
    (&["pentecost"], |y| shift(easter(y)?, 49)),
];

/// The holiday that starts at a word: its length in words and its next day.
pub fn read(words: &[&str], at: usize, calendar: &Calendar) -> Option<(usize, NaiveDate)> {
    let starts = |name: &[&str]| name.iter().enumerate().all(|(i, w)| words.get(at + i) == Some(w));
    let (name, rule) = HOLIDAYS.iter().find(|(name, _)| starts(name))?;
    let year = calendar.today.year();
    let next = [year, year + 1].into_iter().filter_map(rule).find(|d| *d >= calendar.today)?;
    Some((name.len(), next))
}

fn nth(year: i32, month: u32, day: Weekday, n: u8) -> Option<NaiveDate> {
    NaiveDate::from_weekday_of_month_opt(year, month, day, n)
}

fn last(year: i32, month: u32, day: Weekday) -> Option<NaiveDate> {
    nth(year, month, day, 5).or_else(|| nth(year, month, day, 4))
}

/// Gregorian Easter Sunday (the algorithm of Meeus, Jones and Butcher).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}
