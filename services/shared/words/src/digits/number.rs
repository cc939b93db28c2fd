//! A number that was read, and how it is written.

/// A number that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Behind its last word.
    pub end: usize,
    /// The whole part; `None` where it is only known in digits.
    pub value: Option<u64>,
    /// Digits behind the point.
    pub fraction: Option<String>,
    /// `million` or `billion`, where it stays a word: `2.5 million`.
    pub word: Option<&'static str>,
    pub is_ordinal: bool,
    /// It was said with hundred, thousand, million.
    pub is_scaled: bool,
    /// How many words say it.
    pub words: usize,
}

impl Number {
    /// In digits, with its word: `200,000`, `2.5 million`, `21st`.
    pub fn plain(&self) -> String {
        let value = self.value.unwrap_or_default();
        let mut text = grouped(value);
        if let Some(fraction) = &self.fraction {
            text.push('.');
            text.push_str(fraction);
        }
        if self.is_ordinal {
            text.push_str(ordinal_ending(value));
        }
        if let Some(word) = self.word {
            text.push(' ');
            text.push_str(word);
        }
        text
    }

    /// Whether it was said with a point or a scale, so that it ends where it ends.
    pub fn is_telling_part(&self) -> bool {
        self.fraction.is_some() || self.word.is_some() || self.is_scaled
    }

    /// Whether it is plainly a number, and not a little word of a sentence.
    pub fn is_telling(&self) -> bool {
        let value = self.value.unwrap_or_default();
        self.fraction.is_some() || self.word.is_some() || value >= 10
    }
}

/// With commas between thousands from 1,000 on.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `st`, `nd`, `rd`, `th`.
pub fn ordinal_ending(value: u64) -> &'static str {
    match (value % 10, value % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// `two hundredth`, `one thousandth`.
pub fn ends_a_scale(said: &[String]) -> bool {
    said.last().is_some_and(|word| ["hundredth", "thousandth", "millionth"].contains(&word.as_str()))
}

/// A rank of one word.
pub fn is_ordinal(word: &str) -> bool {
    const WORDS: [&str; 30] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
        "thirtieth",
        "fortieth",
        "fiftieth",
        "sixtieth",
        "seventieth",
        "eightieth",
        "ninetieth",
        "hundredth",
        "thousandth",
        "millionth",
    ];
    WORDS.contains(&word)
}
