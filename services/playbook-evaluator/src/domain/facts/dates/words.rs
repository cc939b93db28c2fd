//! Words of a sentence as dates are read from them: a place to stand on, and the words that name days, months and counts.

use crate::domain::text::number;
use chrono::Weekday;

/// A place in a sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'w> {
    words: &'w [&'w str],
    /// Before which words a comma or dash stands.
    breaks: &'w [bool],
    at: usize,
}

impl<'w> At<'w> {
    pub(super) fn new(words: &'w [&'w str], breaks: &'w [bool], at: usize) -> Self {
        Self { words, breaks, at }
    }

    /// Does the phrase end before the word so many places on?
    pub(super) fn breaks(self, i: usize) -> bool {
        self.is_end(i) || self.breaks.get(self.at + i).is_some_and(|b| *b)
    }

    /// The word so many places on; empty past the end.
    pub(super) fn w(self, i: usize) -> &'w str {
        self.words.get(self.at + i).copied().unwrap_or("")
    }

    /// The word so many places back; empty before the start.
    pub(super) fn back(self, i: usize) -> &'w str {
        self.at.checked_sub(i).and_then(|at| self.words.get(at)).copied().unwrap_or("")
    }

    pub(super) fn on(self, i: usize) -> Self {
        Self { at: self.at + i, ..self }
    }

    /// Do these words stand here in a row?
    pub(super) fn starts(self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| self.w(i) == *word)
    }

    /// The first of these rows of words that stands here: how many words it has.
    pub(super) fn any(self, rows: &[&[&str]]) -> Option<usize> {
        rows.iter().find(|row| self.starts(row)).map(|row| row.len())
    }

    /// 1 where this word is one of these.
    pub(super) fn skip(self, i: usize, words: &[&str]) -> usize {
        usize::from(words.contains(&self.w(i)))
    }

    pub(super) fn is_end(self, i: usize) -> bool {
        self.at + i >= self.words.len()
    }
}

/// The weekday of a word.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" => Weekday::Mon,
        "tuesday" | "tue" | "tues" => Weekday::Tue,
        "wednesday" | "wed" | "weds" => Weekday::Wed,
        "thursday" | "thu" | "thur" | "thurs" => Weekday::Thu,
        "friday" | "fri" => Weekday::Fri,
        "saturday" => Weekday::Sat,
        "sunday" => Weekday::Sun,
        _ => return None,
    })
}

/// The weekday of `thursdays`: a habit, or *Thursday's* as a recogniser writes it.
pub(super) fn weekdays(word: &str) -> Option<Weekday> {
    word.strip_suffix('s').filter(|w| w.ends_with("day")).and_then(weekday)
}

/// The month of a word. `may` and `march` are also verbs: the caller looks at their neighbours.
pub(super) fn month(word: &str) -> Option<u32> {
    const MONTHS: &[(&str, &str)] = &[
        ("january", "jan"),
        ("february", "feb"),
        ("march", ""),
        ("april", "apr"),
        ("may", ""),
        ("june", "jun"),
        ("july", "jul"),
        ("august", "aug"),
        ("september", "sept"),
        ("october", "oct"),
        ("november", "nov"),
        ("december", "dec"),
    ];
    let named = MONTHS.iter().position(|(long, short)| *long == word || (!short.is_empty() && *short == word));
    let at = named.or_else(|| (word == "sep").then_some(8))?;
    u32::try_from(at + 1).ok()
}

/// `may` and `march` are verbs as often as months.
pub(super) fn is_also_verb(word: &str) -> bool {
    matches!(word, "may" | "march")
}

/// A small whole number, in words or digits: how many words, and its value.
pub(super) fn count(at: At<'_>) -> Option<(usize, u32)> {
    if let Ok(n) = at.w(0).parse::<u32>() {
        return (n <= 1000).then_some((1, n));
    }
    if let Some(tens) = number::ten(at.w(0)) {
        return Some(match number::unit(at.w(1)).filter(|n| (1..10).contains(n)) {
            Some(unit) => (2, tens + unit),
            None => (1, tens),
        });
    }
    number::unit(at.w(0)).map(|n| (1, n))
}

/// `fourteenth`, `twenty first`, `21st`: how many words, and the day of the month.
pub(super) fn ordinal(at: At<'_>) -> Option<(usize, u32)> {
    if let (Some(tens), Some(unit)) = (number::ten(at.w(0)), number::ordinal(at.w(1)).filter(|n| *n < 10)) {
        return Some((2, tens + unit)).filter(|(_, day)| *day <= 31);
    }
    number::ordinal(at.w(0)).map(|day| (1, day))
}

/// `2027`, `twenty twenty seven`: how many words, and the year.
pub(super) fn year(at: At<'_>) -> Option<(usize, i32)> {
    if at.w(0).len() == 4
        && let Ok(year) = at.w(0).parse::<i32>()
    {
        return (1990..2100).contains(&year).then_some((1, year));
    }
    let (length, n) = count(at.on(1)).filter(|_| at.w(0) == "twenty")?;
    Some((1 + length, 2000 + i32::try_from(n).ok()?)).filter(|(_, year)| (2020..2100).contains(year))
}
