//! Collects every violation of a request before it is refused.

use crate::Error;

/// The violations found so far. Fields are named by their path in the request, for example `call.participants[1].side`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Violations(Vec<(String, String)>);

impl Violations {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push((field.into(), description.into()));
    }

    /// Adds one unless `holds`.
    pub fn check(&mut self, holds: bool, field: &str, description: &str) {
        if !holds {
            self.add(field, description);
        }
    }

    /// Adds one when the text is empty or longer than `max_chars`.
    pub fn text(&mut self, field: &str, value: &str, max_chars: usize) {
        if value.trim().is_empty() {
            self.add(field, "must not be empty");
        } else if value.chars().count() > max_chars {
            self.add(field, format!("must have at most {max_chars} characters"));
        }
    }

    /// Keeps the value of a successful parse, or adds why it failed.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, impl std::fmt::Display>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error.to_string());
                None
            }
        }
    }

    /// Adds those of a part of the request, with the part's path in front.
    pub fn merge(&mut self, prefix: &str, part: Violations) {
        self.0.extend(part.0.into_iter().map(|(field, description)| (format!("{prefix}{field}"), description)));
    }

    /// Has none been found?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Field and description of each.
    #[must_use]
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }

    /// Passes when none was found.
    ///
    /// # Errors
    /// INVALID_ARGUMENT with all of them.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid(self)) }
    }
}
