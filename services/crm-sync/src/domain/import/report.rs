//! What an import noticed: every bad row, up to a bound, with the true total; warnings once a kind, with counts.

use std::fmt;

/// Most errors that are listed; the total counts on.
pub const LISTED_MAX: usize = 100;
/// Most characters of a value that are shown.
const SHOWN_MAX_CHARS: usize = 60;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub file: String,
    /// Data row, from 1, the header not counted. 0: the whole file.
    pub row: u64,
    /// Line of the file, from 1: the header is line 1, and a quoted cell may span several. 0: the whole file.
    pub line: u64,
    /// The column, as the header spells it; empty: the whole row.
    pub column: String,
}

/// Something noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Where; for a warning the first place.
    pub place: Place,
    /// The value, shortened; empty when it is about more than one cell.
    pub value: String,
    /// What is wrong: completes "the value …".
    pub reason: String,
    /// How many rows it is true of.
    pub count: u64,
}

impl Issue {
    /// `sales_pipeline.csv:1001:close_date`: file, line and column.
    pub fn path(&self) -> String {
        let Place { file, line, column, .. } = &self.place;
        match (*line, column.is_empty()) {
            (0, true) => file.clone(),
            (0, false) => format!("{file}:{column}"),
            (line, true) => format!("{file}:{line}"),
            (line, false) => format!("{file}:{line}:{column}"),
        }
    }

    /// `row 1000: "31/02/2016" is not a date`.
    pub fn sentence(&self) -> String {
        let row = if self.place.row > 0 { format!("row {}: ", self.place.row) } else { String::new() };
        let value = if self.value.is_empty() { String::new() } else { format!("{:?} ", self.value) };
        format!("{row}{value}{}", self.reason)
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path(), self.sentence())?;
        if self.count > 1 {
            write!(f, " ({} rows)", self.count)?;
        }
        Ok(())
    }
}

/// Everything noticed.
#[derive(Debug, Clone, Default)]
pub struct Report {
    errors: Vec<Issue>,
    errors_total: u64,
    warnings: Vec<Issue>,
}

impl Report {
    /// A reason not to import anything.
    pub fn error(&mut self, place: Place, value: &str, reason: impl Into<String>) {
        self.errors_total += 1;
        if self.errors.len() < LISTED_MAX {
            self.errors.push(Issue { place, value: shortened(value), reason: reason.into(), count: 1 });
        }
    }

    /// Something to know. The same reason in the same column counts up instead of repeating.
    pub fn warn(&mut self, place: Place, value: &str, reason: impl Into<String>) {
        let (value, reason) = (shortened(value), reason.into());
        let same = |known: &Issue| {
            known.reason == reason
                && known.value == value
                && known.place.file == place.file
                && known.place.column == place.column
        };
        if let Some(known) = self.warnings.iter().position(same).and_then(|at| self.warnings.get_mut(at)) {
            known.count += 1;
        } else if self.warnings.len() < LISTED_MAX {
            self.warnings.push(Issue { place, value, reason, count: 1 });
        }
    }

    /// The listed errors, in the order of files and rows.
    pub fn errors(&self) -> &[Issue] {
        &self.errors
    }

    /// All errors, listed or not.
    pub fn errors_total(&self) -> u64 {
        self.errors_total
    }

    /// The warnings.
    pub fn warnings(&self) -> &[Issue] {
        &self.warnings
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((at, _)) => format!("{}…", value.get(..at).unwrap_or_default()),
        None => value.to_owned(),
    }
}
