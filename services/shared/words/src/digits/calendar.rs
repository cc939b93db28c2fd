//! Dates, times of day and years.

use super::Written;
use super::number::Number;
use super::phrase::Words;
use crate::numbers::{Spoken, spoken};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// What comes before a year.
const BEFORE_YEAR: [&str; 13] =
    ["in", "by", "of", "since", "until", "till", "from", "for", "year", "fy", "fiscal", "during", "before"];
/// What comes before a time of day.
const BEFORE_TIME: [&str; 8] = ["at", "by", "until", "till", "before", "after", "around", "from"];
/// What a number between 2020 and 2099 counts, so that it is none of a year.
const COUNTED: [&str; 10] =
    ["people", "users", "seats", "percent", "dollars", "euros", "pounds", "hours", "minutes", "days"];

/// `March fifth`, `the fifth of March`, with the year where it follows.
pub fn date(words: &Words<'_>, at: usize) -> Option<Written> {
    if is_month(words, at) {
        let day = day(words, at + 1)?;
        let text = format!("{} {}", words.raw(at), day.plain());
        return Some(with_year(words, Written { start: at, end: day.end, text }));
    }
    let day = day(words, at)?;
    if !words.is(day.end, &["of"]) || !is_month(words, day.end + 1) {
        return None;
    }
    let text = format!("{} of {}", day.plain(), words.raw(day.end + 1));
    Some(with_year(words, Written { start: at, end: day.end + 2, text }))
}

fn with_year(words: &Words<'_>, date: Written) -> Written {
    match year_value(words, date.end) {
        Some((year, end)) => {
            let comma = if words.is_after_comma(date.end) { "," } else { "" };
            Written { end, text: format!("{}{comma} {year}", date.text), ..date }
        }
        None => date,
    }
}

/// A rank or number from 1 to 31.
fn day(words: &Words<'_>, at: usize) -> Option<Number> {
    let number = words.number(at)?;
    let fits = number.value.is_some_and(|value| (1..=31).contains(&value)) && number.fraction.is_none();
    (fits && !number.is_scaled && words.is_close(at)).then_some(number)
}

/// "May" and "march" are verbs, too: without a capital they are months only after what a date comes after.
fn is_month(words: &Words<'_>, at: usize) -> bool {
    if !words.is(at, &MONTHS) {
        return false;
    }
    let capital = words.raw(at).starts_with(char::is_uppercase);
    !words.is(at, &["may", "march"])
        || (capital && at > 0)
        || (at > 0 && words.is(at - 1, &["of", "in", "on", "by", "until", "from", "since", "early", "late"]))
}

/// `nine thirty a.m.`, `at nine thirty`, `three o'clock`.
pub fn time(words: &Words<'_>, at: usize) -> Option<Written> {
    let hour = match (spoken(words.word(at))?, words.pair(at)) {
        (Spoken::Unit(unit @ 1..), _) => u64::from(unit),
        (Spoken::Teen(teen @ 10..=12), _) => u64::from(teen),
        _ => return None,
    };
    let after = at + 1;
    if words.is(after, &["o'clock"]) {
        return Some(Written { start: at, end: after, text: hour.to_string() });
    }
    let minutes = minutes(words, after);
    let end = minutes.as_ref().map_or(after, |(_, end)| *end);
    let half = words.is_close(end)
        && (words.is(end, &["am", "pm"]) || (words.is(end, &["a", "p"]) && words.is(end + 1, &["m"])));
    match minutes {
        Some((minutes, end)) if half => Some(Written { start: at, end, text: format!("{hour}:{minutes}") }),
        Some((minutes, end))
            if at > 0 && words.is(at - 1, &BEFORE_TIME) && ["15", "30", "45"].contains(&minutes.as_str()) =>
        {
            let counts = words.is_close(end)
                && (words.is(end, &["a", "per", "k", "percent"]) || words.is_measure(end) || words.is_scale(end));
            (!counts).then(|| Written { start: at, end, text: format!("{hour}:{minutes}") })
        }
        None if half => Some(Written { start: at, end: after, text: hour.to_string() }),
        _ => None,
    }
}

fn minutes(words: &Words<'_>, at: usize) -> Option<(String, usize)> {
    if !words.is_close(at) {
        return None;
    }
    if words.is(at, &["oh", "o"]) {
        let (digit, consumed) = words.digit(at + 1)?;
        return Some((format!("0{digit}"), at + 1 + consumed)).filter(|(text, _)| text.len() == 2);
    }
    let (pair, consumed) = words.pair(at)?;
    (pair.as_str() < "60").then_some((pair, at + consumed))
}

/// `twenty twenty-six` and `two thousand and nineteen`, where they are years.
pub fn year(words: &Words<'_>, at: usize) -> Option<Written> {
    let (year, end) = year_value(words, at)?;
    let told = at > 0 && words.is(at - 1, &BEFORE_YEAR);
    let likely = matches!(year, 1950..=1999 | 2020..=2049) && !words.is(at, &["two"]);
    let counted = words.is(end, &COUNTED) || words.is_scale(end) || words.is_measure(end);
    ((told || likely) && !counted).then(|| Written { start: at, end, text: year.to_string() })
}

/// A year in pairs or in thousands, and where it ends.
fn year_value(words: &Words<'_>, at: usize) -> Option<(u64, usize)> {
    if let Some(number) =
        words.number(at).filter(|number| number.is_scaled && number.word.is_none() && words.is(at, &["two"]))
    {
        let value = number.value.filter(|value| (2001..=2099).contains(value) && !number.is_ordinal)?;
        return Some((value, number.end));
    }
    let century = match words.word(at) {
        "nineteen" => 19,
        "twenty" => 20,
        _ => return None,
    };
    if !words.is_close(at + 1) {
        return None;
    }
    if words.is(at + 1, &["oh", "o"]) {
        let (digit, consumed) = words.digit(at + 2)?;
        return Some((century * 100 + digit.parse::<u64>().ok()?, at + 2 + consumed)).filter(|_| digit.len() == 1);
    }
    let (pair, consumed) = words.pair(at + 1)?;
    Some((century * 100 + pair.parse::<u64>().ok()?, at + 1 + consumed))
}
