//! JSON of which every mistake is found in one pass: values that may have the wrong type, and what is said of them.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::Violation;

/// A value, or something of another type in its place: kept apart so that all mistakes are found in one pass.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Field<T> {
    Good(T),
    Bad(IgnoredAny),
}

/// Names what was expected in the place of a wrong value.
pub(super) trait Expected: Clone {
    const EXPECTED: &'static str;
}

impl Expected for String {
    const EXPECTED: &'static str = "must be a text";
}
impl Expected for bool {
    const EXPECTED: &'static str = "must be true or false";
}
impl Expected for f64 {
    const EXPECTED: &'static str = "must be a number";
}
impl Expected for u64 {
    const EXPECTED: &'static str = "must be a whole number that is not negative";
}
impl Expected for i32 {
    const EXPECTED: &'static str = "must be a whole number";
}
impl Expected for u8 {
    const EXPECTED: &'static str = "must be 0 or 1";
}

/// What was wrong with the fields that were read so far.
#[derive(Default)]
pub(super) struct Fields {
    pub violations: Vec<Violation>,
}

impl Fields {
    pub fn check(&mut self, holds: bool, place: &str, problem: &str) {
        if !holds {
            self.violations.push(Violation::new(place, problem));
        }
    }

    pub fn optional<T: Expected>(&mut self, place: &str, field: Option<&Field<T>>) -> Option<T> {
        match field {
            Some(Field::Good(value)) => Some(value.clone()),
            Some(Field::Bad(_)) => {
                self.check(false, place, T::EXPECTED);
                None
            }
            None => None,
        }
    }

    pub fn text(&mut self, place: &str, field: Option<&Field<String>>) -> String {
        self.optional(place, field).unwrap_or_default()
    }

    pub fn required<T: Expected>(&mut self, place: &str, field: Option<&Field<T>>) -> Option<T> {
        self.check(field.is_some(), place, "is required");
        self.optional(place, field)
    }
}
