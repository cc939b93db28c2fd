//! Dates as exports write them. Whether `3/4/2026` is March or April is decided once for a whole column, from the values that can only be
//! read one way; a column that has none is refused and never guessed.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

/// Which number comes first in `3/4/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    MonthFirst,
    DayFirst,
}

impl DateOrder {
    /// How the order is written in messages.
    pub fn pattern(self) -> &'static str {
        match self {
            Self::MonthFirst => "M/D/YYYY",
            Self::DayFirst => "D/M/YYYY",
        }
    }
}

/// One value, as far as it can be read without its column.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    /// Means one day whatever the column's order.
    Certain(NaiveDate),
    /// Two small numbers and a year.
    Numeric { first: u32, second: u32, year: i32 },
}

/// What a column's values say about their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnOrder {
    /// One order, or no value that needs one.
    Known(DateOrder),
    /// Every value can be read both ways.
    Ambiguous,
    /// As many values need one order as need the other.
    Contradictory,
}

/// Decides the order for a column from all its values. Where a few values contradict the rest, the order that most need wins, and
/// those few will not parse: they are reported row by row and nothing is imported.
pub fn column_order<'a>(values: impl IntoIterator<Item = &'a str>) -> ColumnOrder {
    let (mut month_first, mut day_first, mut either) = (0_usize, 0_usize, 0_usize);
    for value in values {
        if let Some((Reading::Numeric { first, second, .. }, _)) = read(value) {
            match (first > 12, second > 12) {
                (true, false) => day_first += 1,
                (false, true) => month_first += 1,
                (false, false) if first != second => either += 1,
                _ => {}
            }
        }
    }
    match month_first.cmp(&day_first) {
        std::cmp::Ordering::Greater => ColumnOrder::Known(DateOrder::MonthFirst),
        std::cmp::Ordering::Less => ColumnOrder::Known(DateOrder::DayFirst),
        std::cmp::Ordering::Equal if month_first > 0 => ColumnOrder::Contradictory,
        std::cmp::Ordering::Equal if either > 0 => ColumnOrder::Ambiguous,
        std::cmp::Ordering::Equal => ColumnOrder::Known(DateOrder::DayFirst),
    }
}

/// Parses one value of a column whose order is known. A time of day is allowed and ignored.
pub fn parse_date(text: &str, order: DateOrder) -> Result<NaiveDate, String> {
    parse(text, order).map(|(date, _)| date)
}

/// Parses a moment: a date alone is its first moment in UTC, a time without a zone is UTC.
pub fn parse_moment(text: &str, order: DateOrder) -> Result<DateTime<Utc>, String> {
    let (date, time) = parse(text, order)?;
    let (time, offset) = match time {
        Some(rest) => parse_time(rest).ok_or_else(|| format!("has a time that can't be read: {rest:?}"))?,
        None => (NaiveTime::MIN, None),
    };
    let local = NaiveDateTime::new(date, time);
    match offset {
        None => Ok(local.and_utc()),
        Some(offset) => offset
            .from_local_datetime(&local)
            .single()
            .map(|moment| moment.to_utc())
            .ok_or_else(|| "is no moment in its zone".to_owned()),
    }
}

fn parse(text: &str, order: DateOrder) -> Result<(NaiveDate, Option<&str>), String> {
    let Some((reading, time)) = read(text) else {
        return Err("is not a date; write YYYY-MM-DD".to_owned());
    };
    let date = match reading {
        Reading::Certain(date) => date,
        Reading::Numeric { first, second, year } => {
            let (month, day) = match order {
                DateOrder::MonthFirst => (first, second),
                DateOrder::DayFirst => (second, first),
            };
            NaiveDate::from_ymd_opt(year, month, day)
                .ok_or_else(|| format!("is not a date in {}, the order of this column", order.pattern()))?
        }
    };
    if !(1970..=2199).contains(&chrono::Datelike::year(&date)) {
        return Err("has a year outside 1970 to 2199".to_owned());
    }
    Ok((date, time))
}

/// Splits a value into date and time and reads the date as far as it goes alone.
fn read(text: &str) -> Option<(Reading, Option<&str>)> {
    let text = text.trim();
    if let Some(date) = named_month(text) {
        return Some((Reading::Certain(date), None));
    }
    let (date, time) = match text.find(['T', ' ']) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?.trim())),
        None => (text, None),
    };
    Some((numbers(date)?, time.filter(|time| !time.is_empty())))
}

fn numbers(date: &str) -> Option<Reading> {
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let parts: Vec<&str> = date.split(separator).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let number = |part: &str| {
        (part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten()
    };
    let (a_value, b_value, c_value) = (number(a)?, number(b)?, number(c)?);
    if a.len() == 4 && b.len() <= 2 && c.len() <= 2 {
        return NaiveDate::from_ymd_opt(i32::try_from(a_value).ok()?, b_value, c_value).map(Reading::Certain);
    }
    // Two digits of a year are refused: the century would be a guess.
    if a.len() > 2 || b.len() > 2 || c.len() != 4 {
        return None;
    }
    let year = i32::try_from(c_value).ok()?;
    if separator == '.' {
        // Every region that writes dots writes the day first.
        return NaiveDate::from_ymd_opt(year, b_value, a_value).map(Reading::Certain);
    }
    Some(Reading::Numeric { first: a_value, second: b_value, year })
}

fn named_month(text: &str) -> Option<NaiveDate> {
    if !text.bytes().any(|b| b.is_ascii_alphabetic()) || text.len() > 24 {
        return None;
    }
    ["%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d-%B-%Y", "%Y-%B-%d"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

fn parse_time(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, FixedOffset::east_opt(0)),
        None => match text.rfind(['+', '-']) {
            Some(at) => (text.get(..at)?, Some(parse_offset(text.get(at..)?)?)),
            None => (text, None),
        },
    };
    let clock = clock.trim();
    let time = ["%H:%M:%S%.f", "%H:%M", "%I:%M %p", "%I:%M:%S %p"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(clock, format).ok())?;
    Some((time, offset))
}

fn parse_offset(text: &str) -> Option<FixedOffset> {
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|rest| !rest.is_empty()).map_or(Some(0), |rest| rest.parse().ok())?;
    let seconds = (hours * 60 + minutes) * 60;
    FixedOffset::east_opt(if text.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn one_value_past_the_twelfth_decides_the_column() {
        assert_eq!(column_order(["3/4/2017", "10/20/2016", "1/1/2017"]), ColumnOrder::Known(DateOrder::MonthFirst));
        assert_eq!(column_order(["3/4/2017", "20/10/2016"]), ColumnOrder::Known(DateOrder::DayFirst));
    }

    #[test]
    fn a_column_that_can_be_read_both_ways_is_not_guessed() {
        assert_eq!(column_order(["3/4/2017", "5/6/2017"]), ColumnOrder::Ambiguous);
        assert_eq!(column_order(["3/20/2017", "20/3/2017"]), ColumnOrder::Contradictory);
        assert_ne!(
            column_order(["3/3/2017", "2026-04-05", ""]),
            ColumnOrder::Ambiguous,
            "none of these can be read both ways"
        );
    }

    #[test]
    fn the_few_that_contradict_the_many_do_not_parse() {
        let column = ["3/20/2017", "4/21/2017", "31/02/2016"];
        assert_eq!(column_order(column), ColumnOrder::Known(DateOrder::MonthFirst));
        let error = parse_date("31/02/2016", DateOrder::MonthFirst).unwrap_err();
        assert!(error.contains("M/D/YYYY"), "{error}");
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for bad in [
            "2026-02-30",
            "2/30/2026",
            "13/13/2026",
            "2026-13-01",
            "soon",
            "1/2/26",
            "44321",
            "0206-01-01",
            "2026-1",
            "--",
            "1//2026",
        ] {
            assert!(parse_date(bad, DateOrder::MonthFirst).is_err(), "{bad}");
        }
    }

    #[test]
    fn forms_that_mean_one_day_need_no_order() {
        for text in [
            "2026-03-12",
            "2026/3/12",
            "12.03.2026",
            "12 Mar 2026",
            "March 12, 2026",
            "12-Mar-2026",
            "2026-03-12T10:30:00Z",
            "2026-03-12 10:30",
        ] {
            assert_eq!(parse_date(text, DateOrder::MonthFirst), Ok(day(2026, 3, 12)), "{text}");
        }
    }

    #[test]
    fn a_moment_keeps_its_zone() {
        let moment = |text| parse_moment(text, DateOrder::DayFirst).unwrap().to_rfc3339();
        assert_eq!(moment("2026-03-12"), "2026-03-12T00:00:00+00:00");
        assert_eq!(moment("2026-03-12T10:30:00+02:00"), "2026-03-12T08:30:00+00:00");
        assert_eq!(moment("12/3/2026 4:15 PM"), "2026-03-12T16:15:00+00:00");
        assert!(parse_moment("2026-03-12T99:00", DateOrder::DayFirst).is_err());
    }

    proptest! {
        #[test]
        fn a_date_survives_every_order_it_is_written_in(offset in 0_i64..80_000) {
            let date = day(1970, 1, 1) + chrono::Duration::days(offset);
            prop_assert_eq!(parse_date(&date.format("%-m/%-d/%Y").to_string(), DateOrder::MonthFirst), Ok(date));
            prop_assert_eq!(parse_date(&date.format("%-d/%-m/%Y").to_string(), DateOrder::DayFirst), Ok(date));
            prop_assert_eq!(parse_date(&date.to_string(), DateOrder::MonthFirst), Ok(date));
        }

        #[test]
        fn reading_a_date_never_panics(text in "\\PC{0,24}") {
            let _ = parse_moment(&text, DateOrder::MonthFirst);
            let _ = column_order([text.as_str()]);
        }
    }
}
