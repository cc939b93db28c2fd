//! Reads the number that a row of words says.

use text2num::{Language, text2digits};

use super::number::{Number, ends_a_scale, is_ordinal};
use crate::numbers::{Spoken, spoken};
use crate::token::{Gap, Token};

/// Most words of one number.
const MAX_WORDS: usize = 14;

/// The words of a text.
pub struct Words<'a> {
    text: &'a str,
    tokens: &'a [Token],
    english: Language,
}

impl<'a> Words<'a> {
    pub fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens, english: Language::english() }
    }

    /// The folded word; empty past the end.
    pub fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map(|token| token.folded.as_str()).unwrap_or_default()
    }

    /// The word as it is written.
    pub fn raw(&self, at: usize) -> &str {
        self.tokens.get(at).map(|token| token.raw(self.text)).unwrap_or_default()
    }

    /// The text from one word to before another.
    pub fn between(&self, start: usize, end: usize) -> &str {
        let first = self.tokens.get(start).map_or(0, |token| token.span.start);
        let last = end.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(first, |token| token.span.end);
        self.text.get(first..last).unwrap_or_default()
    }

    /// Whether the word is one of these.
    pub fn is(&self, at: usize, words: &[&str]) -> bool {
        words.contains(&self.word(at)) && !self.word(at).is_empty()
    }

    /// Whether nothing but spaces or a hyphen is before the word.
    pub fn is_close(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| matches!(token.gap, Gap::Space | Gap::Hyphen))
    }

    pub fn is_after_comma(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.gap == Gap::Comma)
    }

    /// Whether the words are digits already.
    pub fn is_only_written(&self, start: usize, end: usize) -> bool {
        (start..end).all(|at| self.tokens.get(at).is_some_and(Token::is_numeric))
    }

    /// A single digit, or `double four`; and how many words say it.
    pub fn digit(&self, at: usize) -> Option<(String, usize)> {
        match spoken(self.word(at))? {
            Spoken::Unit(unit) => Some((unit.to_string(), 1)),
            Spoken::Oh => Some(("0".to_owned(), 1)),
            Spoken::Times(times) if self.is_close(at + 1) => match spoken(self.word(at + 1))? {
                Spoken::Unit(unit) => Some((unit.to_string().repeat(usize::from(times)), 2)),
                Spoken::Oh => Some(("0".repeat(usize::from(times)), 2)),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn is_repeat(&self, at: usize) -> bool {
        matches!(spoken(self.word(at)), Some(Spoken::Times(_)))
    }

    /// 10 to 99, two digits; and how many words say it.
    pub fn pair(&self, at: usize) -> Option<(String, usize)> {
        match spoken(self.word(at))? {
            Spoken::Teen(teen) => Some((teen.to_string(), 1)),
            Spoken::Tens(tens) => match spoken(self.word(at + 1)) {
                Some(Spoken::Unit(unit @ 1..)) if self.is_close(at + 1) => Some(((tens + unit).to_string(), 2)),
                _ => Some((tens.to_string(), 1)),
            },
            _ => None,
        }
    }

    pub fn is_scale(&self, at: usize) -> bool {
        matches!(spoken(self.word(at)), Some(Spoken::Hundred | Spoken::Scale(_)))
    }

    /// The number that begins at a word: cardinal, ordinal or decimal, the longest there is.
    pub fn number(&self, at: usize) -> Option<Number> {
        if !self.starts_number(at) {
            return None;
        }
        let whole = self.whole(at)?;
        self.with_point(at, &whole)
            .or_else(|| self.with_half(&whole))
            .or_else(|| self.with_word(at, &whole))
            .or(Some(whole))
    }

    fn starts_number(&self, at: usize) -> bool {
        // "A buck eighty" is 1.80 or 180,000: that is for who knows.
        if at > 0 && self.is(at - 1, &["buck"]) {
            return false;
        }
        match spoken(self.word(at)) {
            Some(Spoken::Hundred | Spoken::Scale(_) | Spoken::Times(_) | Spoken::Oh) => false,
            Some(_) => true,
            // "A hundred", but "a hundred" after "half", "quarter", "couple" is less or more than that.
            None if self.is(at, &["a"]) => {
                self.is_scale(at + 1) && !self.is(at.wrapping_sub(1), &["half", "quarter", "of"])
            }
            None => is_ordinal(self.word(at)),
        }
    }

    /// The longest row of words that is one whole number.
    fn whole(&self, at: usize) -> Option<Number> {
        let article = self.is(at, &["a"]);
        let mut said: Vec<String> = Vec::new();
        let mut best = None;
        for end in at..at + MAX_WORDS {
            let word = self.word(end);
            let joined = end == at || self.is_close(end);
            let counts = spoken(word).is_some_and(|said| !matches!(said, Spoken::Oh | Spoken::Times(_)))
                || is_ordinal(word)
                || (word == "and" && end > at)
                || (end == at && article);
            if !joined || !counts {
                break;
            }
            said.push(if end == at && article { "one".to_owned() } else { word.replace("niner", "nine") });
            if word == "and" {
                continue;
            }
            let Some((value, is_ordinal)) = self.parsed(&said) else { continue };
            let is_scaled = said.iter().any(|word| matches!(spoken(word), Some(Spoken::Hundred | Spoken::Scale(_))));
            let (fraction, word, words) = (None, None, end + 1 - at);
            // "Eleven hundred first" is no rank that anybody gives.
            if is_ordinal && is_scaled && !ends_a_scale(&said) {
                break;
            }
            best = Some(Number { end: end + 1, value: Some(value), fraction, word, is_ordinal, is_scaled, words });
            if is_ordinal {
                break;
            }
        }
        // "A" without what follows is no number.
        best.filter(|number: &Number| !article || number.words > 1)
    }

    /// What the words say, and whether it is a rank.
    fn parsed(&self, said: &[String]) -> Option<(u64, bool)> {
        let digits = text2digits(&said.join(" "), &self.english).ok()?;
        let plain = digits.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        // "Zero eight" is no number but two digits.
        let value: u64 = plain.parse().ok()?;
        (plain == "0" || !plain.starts_with('0')).then_some((value, plain.len() < digits.len()))
    }

    /// `three point five`, `two point oh`.
    fn with_point(&self, at: usize, whole: &Number) -> Option<Number> {
        if whole.is_ordinal || whole.is_scaled || !self.is(whole.end, &["point"]) || !self.is_close(whole.end) {
            return None;
        }
        let (mut digits, mut end) = (String::new(), whole.end + 1);
        while self.is_close(end)
            && let Some((digit, consumed)) = self.digit(end).or_else(|| self.pair(end).filter(|_| digits.is_empty()))
        {
            digits.push_str(&digit);
            end += consumed;
        }
        if digits.is_empty() {
            return None;
        }
        let number = Number { end, fraction: Some(digits), words: end - at, ..whole.clone() };
        self.with_word(at, &number).or(Some(number))
    }

    /// `two and a half`, with `million` where it follows.
    fn with_half(&self, whole: &Number) -> Option<Number> {
        let half = ["and", "a", "half"].iter().enumerate().all(|(offset, word)| self.is(whole.end + offset, &[word]));
        if !half || whole.is_ordinal || whole.is_scaled {
            return None;
        }
        let end = whole.end + 3;
        let number = Number { end, fraction: Some("5".to_owned()), words: whole.words + 3, ..whole.clone() };
        self.with_word(end - number.words, &number).or(Some(number))
    }

    /// `2.5 million`, and `2 million` for the round ones, as people write them.
    fn with_word(&self, at: usize, number: &Number) -> Option<Number> {
        if number.is_ordinal {
            return None;
        }
        if number.fraction.is_some() {
            let word = match self.word(number.end) {
                "thousand" => "thousand",
                "million" => "million",
                "billion" => "billion",
                _ => return None,
            };
            return Some(Number { end: number.end + 1, word: Some(word), is_scaled: true, ..number.clone() });
        }
        let (scale, word) = match self.word(number.end.checked_sub(1)?) {
            "million" => (1_000_000, "million"),
            "billion" => (1_000_000_000, "billion"),
            _ => return None,
        };
        let value = number.value.filter(|value| value.is_multiple_of(scale))? / scale;
        (value < 1_000 && number.end > at).then(|| Number { value: Some(value), word: Some(word), ..number.clone() })
    }

    /// What the last word multiplies by: 1,000 of `thirty thousand`.
    pub fn scale_of(&self, number: &Number) -> Option<u64> {
        match (spoken(self.word(number.end.checked_sub(1)?))?, number.word) {
            (Spoken::Scale(_), Some(_)) => Some(1),
            (Spoken::Scale(scale), None) => Some(scale),
            (Spoken::Hundred, _) => Some(100),
            _ => None,
        }
    }

    /// The text with what follows at `end`, where that is written another way: `12%`, `45k`; and where it ends then.
    pub fn with_unit(&self, text: String, end: usize) -> (String, usize) {
        if !self.is_close(end) {
            return (text, end);
        }
        match self.word(end) {
            "percent" => (format!("{text}%"), end + 1),
            "per" if self.is(end + 1, &["cent"]) => (format!("{text}%"), end + 2),
            "k" => (format!("{text}k"), end + 1),
            _ => (text, end),
        }
    }

    /// Whether the word is a unit of money, time or size: a small number before it is measured.
    pub fn is_measure(&self, at: usize) -> bool {
        const MEASURES: [&str; 46] = [
            "dollar",
            "dollars",
            "bucks",
            "euro",
            "euros",
            "pound",
            "pounds",
            "quid",
            "cents",
            "pence",
            "usd",
            "eur",
            "gbp",
            "francs",
            "kroner",
            "seats",
            "users",
            "licences",
            "licenses",
            "people",
            "minutes",
            "hours",
            "days",
            "weeks",
            "months",
            "quarters",
            "years",
            "am",
            "pm",
            "o'clock",
            "gigabytes",
            "gigs",
            "megabytes",
            "terabytes",
            "kilos",
            "tons",
            "tonnes",
            "miles",
            "kilometers",
            "kilometres",
            "meters",
            "metres",
            "sites",
            "plants",
            "employees",
            "developers",
        ];
        self.is_close(at) && self.is(at, &MEASURES)
    }
}
