//! What the status of a Playbook says of linter and release.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use throughline_proto::playbook::v1::{LintFinding, Severity};

use super::{Finding, FindingSeverity, PlaybookStatus};
use crate::condition::Is;
use crate::draft::{Draft, Reached, Status};
use crate::failure::{Class, Failure};

/// Findings that a status shows; the rest is counted.
pub const MAX_FINDINGS: usize = 20;
/// Most characters of one text in a finding.
const MAX_TEXT: usize = 500;

const RELEASED: &str = "Released";
const LINT_FAILED: &str = "LintFailed";

impl Status for PlaybookStatus {
    fn conditions(&mut self) -> &mut Vec<Condition> {
        &mut self.conditions
    }

    fn observe(&mut self, generation: Option<i64>) {
        self.observed_generation = generation;
    }
}

impl Draft<PlaybookStatus> {
    /// What the linter found; the errors are a failure.
    pub fn linted(&mut self, found: &[LintFinding]) -> Result<(), Failure> {
        let errors = found.iter().filter(|finding| finding.severity() == Severity::Error).count();
        let warnings = found.len() - errors;
        self.status.errors = i64::try_from(errors).unwrap_or(i64::MAX);
        self.status.warnings = i64::try_from(warnings).unwrap_or(i64::MAX);
        self.status.findings = found.iter().take(MAX_FINDINGS).map(finding).collect();
        let message = summary(errors, warnings, self.status.findings.first());
        let (is, reason) = match (errors, warnings) {
            (0, 0) => (Is::False, "NoFindings"),
            (0, _) => (Is::False, "WarningsOnly"),
            _ => (Is::True, "ErrorsFound"),
        };
        self.set(LINT_FAILED, is, reason, message.clone());
        if errors == 0 { Ok(()) } else { Err(Failure::new(Class::Waits, "LintFailed", message)) }
    }

    /// Which revision is released, as seen from the one that holds the document.
    pub fn released(&mut self, number: Option<i64>, wanted: bool) {
        self.status.released_revision = number;
        let own = self.status.revision;
        let (is, reason, message) = match number {
            Some(number) if own == Some(number) => (Is::True, "Released", format!("revision {number} is released")),
            Some(number) => (Is::False, "OtherRevisionReleased", format!("revision {number} is released")),
            None if wanted => (Is::False, "NotReleased", "no revision is released".to_owned()),
            None => (Is::False, "NotRequested", "no revision is released, and none is asked for".to_owned()),
        };
        self.set(RELEASED, is, reason, message);
    }

    /// The playbook is another's, or this resource's document names another playbook: nothing of it is known any more.
    pub fn disown(&mut self, playbook: Option<String>) {
        self.status.playbook = playbook;
        self.status.revision = None;
        self.status.sha256 = None;
        self.status.released_revision = None;
        self.status.conditions.retain(|condition| condition.type_ != RELEASED);
    }

    /// All is as declared.
    pub fn declared(&self) -> Reached {
        let revision = self.status.revision.unwrap_or_default();
        if self.status.released_revision == self.status.revision {
            Reached::Declared("Released", format!("revision {revision} holds the document and is released"))
        } else {
            Reached::Declared("Stored", format!("revision {revision} holds the document"))
        }
    }
}

fn summary(errors: usize, warnings: usize, first: Option<&Finding>) -> String {
    let Some(first) = first else { return String::new() };
    let counted = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        count => Some(format!("{count} {noun}s")),
    };
    let counts: Vec<String> = [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    let place = if first.path.is_empty() { String::new() } else { format!("{}: ", first.path) };
    format!("{}; line {}, {place}{}", counts.join(", "), first.line, first.message)
}

fn finding(found: &LintFinding) -> Finding {
    let text = |text: &str| text.chars().take(MAX_TEXT).collect();
    Finding {
        severity: match found.severity() {
            Severity::Error => FindingSeverity::Error,
            Severity::Warning | Severity::Unspecified => FindingSeverity::Warning,
        },
        rule: text(&found.rule),
        path: text(&found.path),
        line: found.line,
        message: text(&found.message),
    }
}
