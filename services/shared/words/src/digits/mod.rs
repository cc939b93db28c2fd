//! Numbers as digits: inverse text normalisation of spoken English.
//!
//! Only what is plainly a number is rewritten: `two hundred thousand euros` is `200,000 euros`, `the one thing` stays.
//! Units stay as they were said, but for per cent (`12%`) and the thousands that are said `k` (`45k`).

mod calendar;
mod number;
mod phrase;

use self::number::Number;
use self::phrase::Words;
use crate::edit::{Edit, Edited};
use crate::token::{Token, tokens};

/// A number and the words that say it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    /// Index of the first word.
    start: usize,
    /// Behind the last one.
    end: usize,
    text: String,
}

/// The text with its numbers in digits; `None` where that is the same.
#[must_use]
pub fn with_digits(text: &str) -> Option<String> {
    let tokens = tokens(text);
    let words = Words::new(text, &tokens);
    let mut edits = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match written_at(&words, at) {
            Some(written) => {
                edits.extend(edit(&tokens, &written));
                at = written.end.max(at + 1);
            }
            None => at += 1,
        }
    }
    if edits.is_empty() {
        return None;
    }
    Some(Edited::new(text, edits).text).filter(|written| written != text)
}

fn edit(tokens: &[Token], written: &Written) -> Option<Edit> {
    let (first, last) = (tokens.get(written.start)?, tokens.get(written.end.checked_sub(1)?)?);
    Some(Edit { span: first.span.start..last.span.end, replacement: written.text.clone() })
}

/// What begins at a word, by the most telling reading.
fn written_at(words: &Words<'_>, at: usize) -> Option<Written> {
    calendar::time(words, at)
        .or_else(|| digit_run(words, at))
        .or_else(|| calendar::date(words, at))
        .or_else(|| calendar::year(words, at))
        .or_else(|| price(words, at))
        .or_else(|| range(words, at))
        .or_else(|| quantity(words, at))
}

/// Three and more digits said one by one, as of a phone number: `oh seven seven, double four`. Said with commas between
/// all of them they are a list.
fn digit_run(words: &Words<'_>, at: usize) -> Option<Written> {
    let (mut digits, mut groups, mut end, mut singles) = (String::new(), 0, at, 0);
    loop {
        let apart = end > at && words.is_after_comma(end);
        let Some((read, consumed)) = words.digit(end).or_else(|| words.pair(end).filter(|_| singles >= 3)) else {
            break;
        };
        if end > at && !apart && !words.is_close(end) {
            break;
        }
        if apart {
            digits.push(' ');
            groups += 1;
        }
        singles += usize::from(consumed == 1 || read.len() != 2 || words.is_repeat(end));
        digits.push_str(&read);
        end += consumed;
    }
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    // Two digits, or a list of them, are numbers each.
    let is_list = groups + 1 == count;
    let scaled = words.is_scale(end);
    (count >= 3 && singles >= 3 && !is_list && !scaled && !words.is_only_written(at, end)).then_some(Written {
        start: at,
        end,
        text: digits,
    })
}

/// `a buck eighty a seat`: without what it is for it might as well be thousands.
fn price(words: &Words<'_>, at: usize) -> Option<Written> {
    if !(words.is(at, &["a"]) && words.is(at + 1, &["buck"])) {
        return None;
    }
    let (cents, consumed) = words.pair(at + 2)?;
    let end = at + 2 + consumed;
    let per = words.is(end, &["a", "per", "each", "apiece"]);
    (per && words.is_close(at + 2)).then(|| Written { start: at, end, text: format!("$1.{cents}") })
}

/// `twenty to thirty thousand`: the scale holds for both.
fn range(words: &Words<'_>, at: usize) -> Option<Written> {
    let first = words.number(at)?;
    if !words.is(first.end, &["to", "or"]) || first.is_ordinal || first.fraction.is_some() {
        return None;
    }
    let second = words.number(first.end + 1)?;
    let scale = words.scale_of(&second)?;
    let (low, high) = (first.value?, second.value?);
    if low >= 1_000 || low.checked_mul(scale)? >= high || first.is_scaled {
        return None;
    }
    let low = Number { value: Some(low * scale), ..first.clone() };
    let text = format!("{} {} {}", low.plain(), words.raw(first.end), second.plain());
    let (text, end) = words.with_unit(text, second.end);
    Some(Written { start: at, end, text })
}

/// A number with what it counts.
fn quantity(words: &Words<'_>, at: usize) -> Option<Written> {
    let number = words.number(at)?;
    if let Some(end) = pairs_end(words, &number) {
        return Some(Written { start: at, end, text: words.between(at, end).to_owned() });
    }
    let (text, end) = words.with_unit(number.plain(), number.end);
    let has_unit = end > number.end;
    // Small numbers are words in a sentence, unless something says that they are measured.
    let telling = has_unit || number.is_telling() || (words.is_measure(number.end) && !number.is_ordinal);
    telling.then_some(Written { start: at, end, text })
}

/// "Two seventy-eight", "eleven thirty": a price, a time, a year, or two numbers. Where nothing tells they stay words, all
/// of them; this is where they end.
fn pairs_end(words: &Words<'_>, number: &Number) -> Option<usize> {
    let small =
        number.value.is_some_and(|value| (1..100).contains(&value)) && !number.is_ordinal && !number.is_telling_part();
    let (_, consumed) = words.pair(number.end).filter(|_| small && words.is_close(number.end))?;
    let end = number.end + consumed;
    (!words.is_scale(end)).then_some(end)
}

#[cfg(test)]
mod tests;
