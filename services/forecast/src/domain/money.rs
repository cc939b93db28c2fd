//! Amounts of money. Currencies are never added to each other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// ISO 4217 code in upper case; empty when the CRM gives none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    pub fn new(code: &str) -> Self {
        Self(code.trim().to_ascii_uppercase())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount in millionths of the major unit, so that sums are exact and parts add up to the whole to the last digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// Millionths in a major unit.
pub const MICROS_PER_UNIT: f64 = 1e6;

/// Largest amount that is taken, in major units; a million such deals still sum up inside an `i128`.
pub const LARGEST_UNITS: f64 = 1e12;

impl Micros {
    /// From major units; `None` where the number is not finite or is out of bounds.
    pub fn from_units(units: f64) -> Option<Self> {
        if !units.is_finite() || units.abs() > LARGEST_UNITS {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded by LARGEST_UNITS, inside i64")]
        let micros = (units * MICROS_PER_UNIT).round() as i64;
        Some(Self(micros))
    }

    pub fn units(self) -> f64 {
        units(i128::from(self.0))
    }
}

/// Millionths as major units.
#[expect(clippy::cast_precision_loss, reason = "figures for people; sums themselves are kept in integers")]
pub fn units(micros: i128) -> f64 {
    micros as f64 / MICROS_PER_UNIT
}
