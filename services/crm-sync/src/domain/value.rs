//! Values of fields, in the one form they are stored and compared in.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Millionths of a unit in a unit.
const MICROS: i64 = 1_000_000;

/// An ISO 4217 code: three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// The code, in capitals; none unless it is three letters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic())).then(|| Self(text.to_ascii_uppercase()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount, exact to a millionth of a unit, never negative.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    micros: i64,
    currency: Currency,
}

impl Money {
    /// From an exact number of millionths; none when negative.
    pub fn from_micros(micros: i64, currency: Currency) -> Option<Self> {
        (micros >= 0).then_some(Self { micros, currency })
    }

    /// From a number of units; none when negative, not finite or over 9 * 10^12.
    pub fn from_units(units: f64, currency: Currency) -> Option<Self> {
        let micros = units * MICROS as f64;
        let representable = micros.is_finite() && (0.0..9.0e18).contains(&micros);
        representable.then(|| Self { micros: micros.round() as i64, currency })
    }

    /// Units as a floating-point number, for the wire.
    pub fn units(&self) -> f64 {
        self.micros as f64 / MICROS as f64
    }

    /// Exact millionths.
    pub fn micros(&self) -> i64 {
        self.micros
    }

    /// The currency.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// Parses a number as spreadsheets write it: `180000`, `180,000.50`, `£180,000`, `180 000`. The second part is a currency that the text itself
    /// names. A decimal comma is refused: `1,234` would mean two things.
    pub fn parse_number(text: &str) -> Result<(i64, Option<Currency>), &'static str> {
        let (digits, currency) = split_currency(text.trim());
        let digits: String = digits.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}' && *c != '\'').collect();
        if digits.starts_with('-') || digits.starts_with('(') {
            return Err("is negative");
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let whole = ungroup(whole)?;
        let readable = !whole.is_empty()
            && whole.bytes().all(|b| b.is_ascii_digit())
            && fraction.bytes().all(|b| b.is_ascii_digit());
        if !readable {
            return Err("is not a number");
        }
        if fraction.len() > 6 {
            return Err("has more than 6 decimals");
        }
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| "is not a number")?;
        let whole: i64 = whole.parse().map_err(|_| "is too large")?;
        let micros = whole.checked_mul(MICROS).and_then(|micros| micros.checked_add(fraction)).ok_or("is too large")?;
        Ok((micros, currency))
    }
}

/// Takes a currency sign or code off either end. `$` and `¥` stand for several currencies, so they name none.
fn split_currency(text: &str) -> (&str, Option<Currency>) {
    for (sign, code) in [("£", Some("GBP")), ("€", Some("EUR")), ("$", None), ("¥", None)] {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return (rest.trim(), code.and_then(Currency::parse));
        }
    }
    for (code, rest) in [
        (text.get(..3), text.get(3..)),
        (text.get(text.len().saturating_sub(3)..), text.get(..text.len().saturating_sub(3))),
    ] {
        if let (Some(currency), Some(rest)) = (code.and_then(Currency::parse), rest) {
            return (rest.trim(), Some(currency));
        }
    }
    (text, None)
}

/// Removes thousands separators; each group after the first must have three digits.
fn ungroup(whole: &str) -> Result<String, &'static str> {
    let groups: Vec<&str> = whole.split(',').collect();
    let well_grouped = groups.len() == 1
        || (groups[0].len() <= 3 && !groups[0].is_empty() && groups[1..].iter().all(|group| group.len() == 3));
    if !well_grouped {
        return Err("has a comma that is no thousands separator; write 1234.56");
    }
    Ok(groups.concat())
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.micros / MICROS, self.micros % MICROS);
        if fraction == 0 {
            return write!(f, "{whole} {}", self.currency);
        }
        let decimals = format!("{fraction:06}");
        write!(f, "{whole}.{:0<2} {}", decimals.trim_end_matches('0'), self.currency)
    }
}

/// What a field holds. Texts are trimmed and never empty; a list keeps its order and has no duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    Text(String),
    Integer(i64),
    Flag(bool),
    Date(NaiveDate),
    Money(Money),
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Money(money) => write!(f, "{money}"),
            Self::List(items) => f.write_str(&items.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_spreadsheets_write_them() {
        let read = |text| Money::parse_number(text).map(|(micros, currency)| (micros, currency.map(|c| c.to_string())));
        assert_eq!(read("180000"), Ok((180_000_000_000, None)));
        assert_eq!(read("180,000.50"), Ok((180_000_500_000, None)));
        assert_eq!(read("£180,000"), Ok((180_000_000_000, Some("GBP".into()))));
        assert_eq!(read("1 054 EUR"), Ok((1_054_000_000, Some("EUR".into()))));
        assert_eq!(read("$12"), Ok((12_000_000, None)), "a dollar sign names no currency");
    }

    #[test]
    fn amounts_that_could_mean_two_things_are_refused() {
        for bad in ["1,5", "12,34", "1.234.567", "-5", "(5)", "", "n/a", "1e6", "99999999999999", "1.2345678", ","] {
            assert!(Money::parse_number(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn money_survives_its_own_text(micros in 0_i64..9_000_000_000_000_000_000) {
            let money = Money::from_micros(micros, Currency::parse("GBP").unwrap()).unwrap();
            let (read, currency) = Money::parse_number(&money.to_string()).unwrap();
            prop_assert_eq!(Money::from_micros(read, currency.unwrap()), Some(money));
        }

        #[test]
        fn reading_a_number_never_panics(text in "\\PC{0,24}") {
            let _ = Money::parse_number(&text);
        }
    }
}
