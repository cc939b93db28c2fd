//! Numbers in words and digits.

/// A number read from tokens: its value and how many tokens it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    pub value: f64,
    pub tokens: usize,
    /// Spoken with digits or with more than a bare small word.
    pub explicit: bool,
}

/// The value of a single number word.
pub fn unit(word: &str) -> Option<u32> {
    Some(match word {
        "zero" => 0,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        _ => return None,
    })
}

/// The value of a word for a ten.
pub fn ten(word: &str) -> Option<u32> {
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" => 90,
        _ => return None,
    })
}

/// The factor of a scale word.
pub fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "thousand" | "grand" | "k" => 1e3,
        "lakh" => 1e5,
        "million" | "mil" | "mill" | "mio" => 1e6,
        "crore" => 1e7,
        "billion" | "bn" => 1e9,
        _ => return None,
    })
}

/// The value of an ordinal word or of `21st`.
pub fn ordinal(word: &str) -> Option<u32> {
    const WORDS: &[&str] = &[
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
    ];
    if let Some(at) = WORDS.iter().position(|w| *w == word) {
        return u32::try_from(at + 1).ok();
    }
    if word == "thirtieth" {
        return Some(30);
    }
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|s| word.strip_suffix(s))?;
    digits.parse().ok().filter(|n| (1..=31).contains(n))
}

/// Reads the number that starts with the first word: `two hundred and ten thousand`, `1,500`, `140k`, `twenty-five`.
pub fn read<'a>(words: impl Iterator<Item = &'a str>) -> Option<Number> {
    let words: Vec<&str> = words.take(12).collect();
    let first = words.first()?;
    if first.starts_with(|c: char| c.is_ascii_digit() || "$€£".contains(c)) {
        return digits(&words);
    }
    let (mut total, mut group, mut used, mut last) = (0.0_f64, None::<f64>, 0, Last::Nothing);
    for (i, word) in words.iter().enumerate() {
        let step = if let Some(n) = unit(word) {
            if matches!(last, Last::Unit) || (last == Last::Ten && (n == 0 || n > 9)) {
                break;
            }
            group = Some(group.unwrap_or(0.0) + f64::from(n));
            Last::Unit
        } else if let Some(n) = ten(word) {
            if matches!(last, Last::Ten | Last::Unit) {
                break;
            }
            group = Some(group.unwrap_or(0.0) + f64::from(n));
            Last::Ten
        } else if *word == "hundred" {
            group = Some(group.unwrap_or(1.0) * 100.0);
            Last::Hundred
        } else if let (Some(factor), true) = (scale(word), i > 0) {
            total += group.take().unwrap_or(1.0) * factor;
            Last::Scale
        } else if (*word == "and" || *word == "a") && matches!(last, Last::Hundred | Last::Scale) && i + 1 < words.len()
        {
            continue;
        } else if (*word == "a") && i == 0 && words.get(1).is_some_and(|w| *w == "hundred" || scale(w).is_some()) {
            group = Some(1.0);
            continue;
        } else {
            break;
        };
        last = step;
        used = i + 1;
    }
    (used > 0).then(|| Number { value: total + group.unwrap_or(0.0), tokens: used, explicit: used > 1 || total > 0.0 })
}

#[derive(PartialEq, Clone, Copy)]
enum Last {
    Nothing,
    Unit,
    Ten,
    Hundred,
    Scale,
}

fn digits(words: &[&str]) -> Option<Number> {
    let first = words.first()?.trim_start_matches(['$', '€', '£']);
    let split = first.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(first.len());
    let (head, tail) = first.split_at_checked(split)?;
    let mut value: f64 = head.replace(',', "").parse().ok()?;
    let mut tokens = 1;
    let glued = match tail {
        "" | "%" => None,
        "k" | "m" | "bn" | "mio" => Some(if tail == "m" { 1e6 } else { scale(tail)? }),
        _ => return None,
    };
    if let Some(factor) = glued.or_else(|| words.get(1).and_then(|w| scale(w)).inspect(|_| tokens = 2)) {
        value *= factor;
    }
    Some(Number { value, tokens, explicit: true })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_amounts_in_words_and_digits() {
        for (words, value, tokens) in [
            ("two hundred and ten thousand a year", 210_000.0, 5),
            ("a hundred and eighty", 180.0, 4),
            ("twenty five", 25.0, 2),
            ("1,500 euros", 1500.0, 1),
            ("140k", 140_000.0, 1),
            ("$2.5 million", 2_500_000.0, 2),
            ("forty grand", 40_000.0, 2),
            ("seven", 7.0, 1),
            ("two point", 2.0, 1),
            ("six and a half", 6.0, 1),
        ] {
            let number = read(words.split(' ')).map(|n| (n.value, n.tokens));
            assert_eq!(number, Some((value, tokens)), "{words}");
        }
        assert_eq!(read("and ten".split(' ')), None);
        assert_eq!(read("3pm".split(' ')).map(|n| n.value), None);
    }
}
