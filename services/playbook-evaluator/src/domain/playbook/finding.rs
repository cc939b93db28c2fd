//! What reading or linting a document finds.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document works but should be looked at.
    Warning,
}

/// Something found in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// Stable id of the rule.
    pub rule: &'static str,
    /// Path in the document, for example `behaviors[3].detect.pattern`.
    pub path: String,
    /// From 1; 0 when not known.
    pub line: u32,
    pub column: u32,
    pub message: String,
}

/// Findings in the order they were made.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn error(&mut self, rule: &'static str, path: &str, line: u32, message: impl Into<String>) {
        self.add(Severity::Error, rule, path, (line, 0), message);
    }

    pub fn warning(&mut self, rule: &'static str, path: &str, line: u32, message: impl Into<String>) {
        self.add(Severity::Warning, rule, path, (line, 0), message);
    }

    pub fn add(
        &mut self,
        severity: Severity,
        rule: &'static str,
        path: &str,
        (line, column): (u32, u32),
        message: impl Into<String>,
    ) {
        self.0.push(Finding { severity, rule, path: path.to_owned(), line, column, message: message.into() });
    }

    /// Errors first, then by place.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| (finding.severity, finding.line, finding.column));
        self.0
    }
}
