//! Sentences of a turn, where it has marks; else the turn is one sentence.

use super::token::Token;
use std::ops::Range;

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    pub tokens: Range<usize>,
    pub bytes: Range<usize>,
    /// Ends with `?`.
    pub asks: bool,
    /// Ends with any sentence mark; the last words of a turn without one may belong to an unpunctuated transcript.
    pub ends_with_mark: bool,
}

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] =
    &["mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "approx", "inc", "ltd", "no", "jr", "sr"];

/// Splits a turn and tells every token its sentence.
pub fn split(text: &str, tokens: &mut [Token]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let (mut from_byte, mut from_token) = (0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '?' | '!' | '…') {
            continue;
        }
        let mut end = at + c.len_utf8();
        let mut asks = c == '?';
        while let Some(&(i, next)) = chars.peek() {
            if !matches!(next, '.' | '?' | '!' | '"' | '\'' | '”' | '’' | ')') {
                break;
            }
            asks |= next == '?';
            end = i + next.len_utf8();
            chars.next();
        }
        let ends_here = text.get(end..).is_none_or(|rest| rest.chars().next().is_none_or(char::is_whitespace));
        if !ends_here || (c == '.' && is_abbreviation(text.get(from_byte..at))) {
            continue;
        }
        let to_token = from_token + tokens.iter().skip(from_token).take_while(|t| t.start < end).count();
        push(&mut sentences, tokens, from_token..to_token, from_byte..end, asks, true);
        (from_byte, from_token) = (end, to_token);
    }
    let count = tokens.len();
    push(&mut sentences, tokens, from_token..count, from_byte..text.len(), false, false);
    sentences
}

fn push(
    sentences: &mut Vec<Sentence>,
    tokens: &mut [Token],
    range: Range<usize>,
    bytes: Range<usize>,
    asks: bool,
    ends_with_mark: bool,
) {
    if range.is_empty() {
        return;
    }
    let number = u32::try_from(sentences.len()).unwrap_or(u32::MAX);
    for token in tokens.iter_mut().skip(range.start).take(range.len()) {
        token.sentence = number;
    }
    let start = tokens.get(range.start).map_or(bytes.start, |t| t.start.min(bytes.end));
    sentences.push(Sentence { tokens: range, bytes: start..bytes.end, asks, ends_with_mark });
}

fn is_abbreviation(before: Option<&str>) -> bool {
    let word = before.and_then(|b| b.rsplit(|c: char| c.is_whitespace()).next()).unwrap_or("").to_lowercase();
    ABBREVIATIONS.contains(&word.as_str()) || (word.len() == 1 && word != "i" && word.chars().all(char::is_alphabetic))
}
