//! Public days that people date by: those a calendar tells, and those it doesn't.

use super::calendar::{Calendar, first_after, last_before, shift};
use super::region::Region::{
    self, Australia, Canada, Europe, India, Ireland, NewZealand, SouthAfrica, UnitedKingdom, UnitedStates,
};
use super::words::At;
use chrono::{Datelike, NaiveDate, Weekday};

type Rule = fn(i32) -> Option<NaiveDate>;

/// A holiday's names, its day in a year, and where it is kept: nowhere in particular where that is all the same.
/// The first that fits the region is meant; in an unknown region the first whose places are empty.
type Entry = (&'static [&'static [&'static str]], Rule, &'static [Region]);

const HOLIDAYS: &[Entry] = &[
    (&[&["martin", "luther", "king", "day"], &["mlk", "day"], &["mlk"]], |y| nth(y, 1, Weekday::Mon, 3), &[]),
    (&[&["presidents", "day"], &["president", "day"]], |y| nth(y, 2, Weekday::Mon, 3), &[]),
    (&[&["memorial", "day"]], |y| last(y, 5, Weekday::Mon), &[]),
    (&[&["juneteenth"]], |y| day(y, 6, 19), &[]),
    (&[&["fourth", "of", "july"], &["july", "fourth"]], |y| day(y, 7, 4), &[]),
    (&[&["labour", "day"]], |y| nth(y, 10, Weekday::Mon, 4), &[NewZealand]),
    (&[&["labour", "day"], &["labor", "day"]], |y| day(y, 5, 1), &[Europe, India]),
    (&[&["labor", "day"], &["labour", "day"]], |y| nth(y, 9, Weekday::Mon, 1), &[]),
    (
        &[&["columbus", "day"], &["indigenous", "peoples", "day"], &["indigenous", "people", "day"]],
        |y| nth(y, 10, Weekday::Mon, 2),
        &[],
    ),
    (&[&["halloween"], &["hallowe'en"]], |y| day(y, 10, 31), &[]),
    (
        &[&["veterans", "day"], &["veteran", "day"], &["remembrance", "day"], &["armistice", "day"]],
        |y| day(y, 11, 11),
        &[],
    ),
    (&[&["canadian", "thanksgiving"]], |y| nth(y, 10, Weekday::Mon, 2), &[]),
    (&[&["thanksgiving"]], |y| nth(y, 10, Weekday::Mon, 2), &[Canada]),
    (&[&["thanksgiving"], &["turkey", "day"]], |y| nth(y, 11, Weekday::Thu, 4), &[]),
    (&[&["black", "friday"]], |y| shift(nth(y, 11, Weekday::Thu, 4)?, 1), &[]),
    (&[&["cyber", "monday"]], |y| shift(nth(y, 11, Weekday::Thu, 4)?, 4), &[]),
    (&[&["victoria", "day"]], |y| last_before(day(y, 5, 25)?, Weekday::Mon), &[]),
    (&[&["canada", "day"]], |y| day(y, 7, 1), &[]),
    (&[&["civic", "holiday"]], |y| nth(y, 8, Weekday::Mon, 1), &[]),
    (&[&["australia", "day"], &["republic", "day"]], |y| day(y, 1, 26), &[]),
    (&[&["anzac", "day"]], |y| day(y, 4, 25), &[]),
    (&[&["melbourne", "cup"], &["cup", "day"]], |y| nth(y, 11, Weekday::Tue, 1), &[]),
    (&[&["waitangi", "day"]], |y| day(y, 2, 6), &[]),
    (&[&["independence", "day"]], |y| day(y, 8, 15), &[India]),
    (&[&["independence", "day"]], |y| day(y, 7, 4), &[UnitedStates]),
    (&[&["heritage", "day"]], |y| day(y, 9, 24), &[SouthAfrica]),
    (&[&["freedom", "day"]], |y| day(y, 4, 27), &[SouthAfrica]),
    (&[&["king", "day"], &["kings", "day"], &["koningsdag"]], kings_day, &[]),
    (&[&["bastille", "day"]], |y| day(y, 7, 14), &[]),
    (&[&["all", "saints"], &["all", "saints", "day"]], |y| day(y, 11, 1), &[]),
    (&[&["bonfire", "night"], &["guy", "fawkes"]], |y| day(y, 11, 5), &[]),
    (&[&["burns", "night"]], |y| day(y, 1, 25), &[]),
    (&[&["valentine", "day"], &["valentines", "day"], &["valentine"], &["valentines"]], |y| day(y, 2, 14), &[]),
    (&[&["patrick", "day"], &["patricks", "day"], &["paddy", "day"], &["paddys", "day"]], |y| day(y, 3, 17), &[]),
    (&[&["st", "patrick", "day"], &["st", "patricks", "day"], &["saint", "patrick", "day"]], |y| day(y, 3, 17), &[]),
    (
        &[&["st", "stephen", "day"], &["stephen", "day"], &["st", "stephens", "day"], &["boxing", "day"]],
        |y| day(y, 12, 26),
        &[],
    ),
    (&[&["christmas", "eve"]], |y| day(y, 12, 24), &[]),
    (&[&["christmas", "day"], &["christmas"], &["xmas"]], |y| day(y, 12, 25), &[]),
    (&[&["new", "year", "eve"], &["new", "years", "eve"], &["hogmanay"]], |y| day(y, 12, 31), &[]),
    (&[&["new", "year", "day"], &["new", "years", "day"], &["new", "year"], &["new", "years"]], |y| day(y, 1, 1), &[]),
    (&[&["epiphany"], &["three", "kings", "day"]], |y| day(y, 1, 6), &[]),
    (&[&["may", "day", "bank", "holiday"], &["early", "may", "bank", "holiday"]], |y| nth(y, 5, Weekday::Mon, 1), &[]),
    (&[&["may", "day"]], |y| day(y, 5, 1), &[]),
    (&[&["spring", "bank", "holiday"], &["whitsun", "bank", "holiday"]], |y| last(y, 5, Weekday::Mon), &[]),
    (&[&["august", "bank", "holiday"], &["summer", "bank", "holiday"]], |y| nth(y, 8, Weekday::Mon, 1), &[Ireland]),
    (&[&["august", "bank", "holiday"], &["summer", "bank", "holiday"]], |y| last(y, 8, Weekday::Mon), &[]),
    (&[&["october", "bank", "holiday"]], |y| last(y, 10, Weekday::Mon), &[]),
    (&[&["june", "bank", "holiday"]], |y| nth(y, 6, Weekday::Mon, 1), &[]),
    (&[&["midsummer", "eve"]], |y| first_after(day(y, 6, 18)?, Weekday::Fri), &[]),
    (&[&["midsummer", "day"], &["midsummer"]], |y| first_after(day(y, 6, 19)?, Weekday::Sat), &[]),
    (
        &[&["shrove", "tuesday"], &["pancake", "tuesday"], &["pancake", "day"], &["mardi", "gras"]],
        |y| shift(easter(y)?, -47),
        &[],
    ),
    (&[&["ash", "wednesday"]], |y| shift(easter(y)?, -46), &[]),
    (&[&["palm", "sunday"]], |y| shift(easter(y)?, -7), &[]),
    (&[&["maundy", "thursday"], &["holy", "thursday"]], |y| shift(easter(y)?, -3), &[]),
    (&[&["good", "friday"]], |y| shift(easter(y)?, -2), &[]),
    (&[&["easter", "saturday"]], |y| shift(easter(y)?, -1), &[]),
    (&[&["easter", "monday"]], |y| shift(easter(y)?, 1), &[]),
    (&[&["easter", "tuesday"]], |y| shift(easter(y)?, 2), &[]),
    (&[&["easter", "sunday"], &["easter"]], easter, &[]),
    (&[&["ascension", "day"], &["ascension"]], |y| shift(easter(y)?, 39), &[]),
    (&[&["whit", "monday"], &["pentecost", "monday"]], |y| shift(easter(y)?, 50), &[]),
    (&[&["whit", "sunday"], &["pentecost"], &["whitsun"], &["whit"]], |y| shift(easter(y)?, 49), &[]),
    (&[&["corpus", "christi"]], |y| shift(easter(y)?, 60), &[]),
];

/// Days that follow the moon, a ministry or the weather: known to everybody in the talk, but not to a calendar.
const UNKNOWN: &[&[&str]] = &[
    &["diwali"],
    &["deepavali"],
    &["eid"],
    &["sallah"],
    &["ramadan"],
    &["holi"],
    &["onam"],
    &["pongal"],
    &["dussehra"],
    &["durga", "puja"],
    &["navratri"],
    &["lunar", "new", "year"],
    &["chinese", "new", "year"],
    &["cny"],
    &["tet"],
    &["passover"],
    &["yom", "kippur"],
    &["rosh", "hashanah"],
    &["hanukkah"],
    &["half", "term"],
    &["spring", "break"],
    &["golden", "week"],
    &["obon"],
    &["carnival"],
];

/// A holiday that stands at some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holiday {
    pub(super) length: usize,
    /// None where the calendar doesn't tell the day.
    pub(super) date: Option<NaiveDate>,
}

/// The holiday that starts at a word, with its next day.
pub(super) fn read(at: At<'_>, calendar: &Calendar) -> Option<Holiday> {
    if let Some(length) = at.any(UNKNOWN) {
        return Some(Holiday { length, date: None });
    }
    if let Some(length) = bank_holiday(at) {
        return Some(Holiday { length, date: next_bank_holiday(calendar) });
    }
    let named = HOLIDAYS.iter().filter_map(|entry| Some((at.any(entry.0)?, entry)));
    let length = named.clone().map(|(length, _)| length).max()?;
    let meant = named
        .filter(|(l, _)| *l == length)
        .find(|(_, (_, _, places))| places.is_empty() || places.contains(&calendar.region));
    Some(Holiday { length, date: meant.and_then(|(_, (_, rule, _))| next(*rule, calendar)) })
}

/// `bank holiday Monday`, `the bank holiday weekend`.
fn bank_holiday(at: At<'_>) -> Option<usize> {
    let length = at.any(&[&["bank", "holiday"], &["bank", "hol"]])?;
    Some(length + at.skip(length, &["monday", "weekend"]))
}

/// The next bank holiday of the region; where that isn't known, the day on which Britain and Ireland agree.
fn next_bank_holiday(calendar: &Calendar) -> Option<NaiveDate> {
    let british: &[Rule] =
        &[|y| nth(y, 5, Weekday::Mon, 1), |y| last(y, 5, Weekday::Mon), |y| last(y, 8, Weekday::Mon)];
    let irish: &[Rule] = &[
        |y| day(y, 3, 17),
        |y| nth(y, 5, Weekday::Mon, 1),
        |y| nth(y, 6, Weekday::Mon, 1),
        |y| nth(y, 8, Weekday::Mon, 1),
        |y| last(y, 10, Weekday::Mon),
    ];
    let both: &[Rule] = &[|y| shift(easter(y)?, 1), |y| day(y, 12, 25), |y| day(y, 12, 26), |y| day(y, 1, 1)];
    let soonest = |rules: &[Rule]| rules.iter().chain(both).filter_map(|rule| next(*rule, calendar)).min();
    match calendar.region {
        UnitedKingdom => soonest(british),
        Ireland => soonest(irish),
        Region::Unknown => soonest(british).filter(|date| soonest(irish) == Some(*date)),
        UnitedStates | Canada | Australia | NewZealand | India | SouthAfrica | Europe => None,
    }
}

fn next(rule: Rule, calendar: &Calendar) -> Option<NaiveDate> {
    let year = calendar.today.year();
    [year, year + 1].into_iter().filter_map(rule).find(|d| *d >= calendar.today)
}

fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

fn nth(year: i32, month: u32, day: Weekday, n: u8) -> Option<NaiveDate> {
    NaiveDate::from_weekday_of_month_opt(year, month, day, n)
}

fn last(year: i32, month: u32, day: Weekday) -> Option<NaiveDate> {
    nth(year, month, day, 5).or_else(|| nth(year, month, day, 4))
}

/// The 27th of April, the day before where that is a Sunday.
fn kings_day(year: i32) -> Option<NaiveDate> {
    let date = day(year, 4, 27)?;
    if date.weekday() == Weekday::Sun { shift(date, -1) } else { Some(date) }
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
