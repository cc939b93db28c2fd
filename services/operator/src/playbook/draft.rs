//! The status under construction: what was known before, changed by what is found out.

use kube::runtime::events::EventType;
use throughline_proto::playbook::v1::{LintFinding, Severity};

use super::{Finding, FindingSeverity, PlaybookStatus};
use crate::condition::{Is, Moment, find};
use crate::failure::{Class, Failure};
use crate::kind::{Applied, Next, Notice};

/// Findings that a status shows; the rest is counted.
pub const MAX_FINDINGS: usize = 20;
/// Most characters of one text in a finding.
const MAX_TEXT: usize = 500;

const READY: &str = "Ready";
const RELEASED: &str = "Released";
const LINT_FAILED: &str = "LintFailed";

/// A status under construction, and what happened on the way.
pub struct Draft {
    pub status: PlaybookStatus,
    pub notices: Vec<Notice>,
    moment: Moment,
    /// Reason and message of the condition `Ready` before.
    before: Option<(String, String)>,
}

/// How far a reconcile got.
pub enum Reached {
    /// All is as declared.
    Declared,
    /// The playbook is marked as this resource's, which must be written before anything is done to it.
    Claimed,
}

impl Draft {
    /// What was known before.
    pub fn new(known: Option<&PlaybookStatus>, moment: Moment) -> Self {
        let mut status = known.cloned().unwrap_or_default();
        status.observed_generation = moment.generation;
        let before = find(&status.conditions, READY).map(|ready| (ready.reason.clone(), ready.message.clone()));
        Self { status, notices: Vec::new(), moment, before }
    }

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
        self.moment.set(&mut self.status.conditions, LINT_FAILED, is, reason, &message);
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
        self.moment.set(&mut self.status.conditions, RELEASED, is, reason, message);
    }

    /// The playbook is another's, or this resource's document names another playbook: nothing of it is known any more.
    pub fn disown(&mut self, playbook: Option<String>) {
        self.status.playbook = playbook;
        self.status.revision = None;
        self.status.sha256 = None;
        self.status.released_revision = None;
        self.status.conditions.retain(|condition| condition.type_ != RELEASED);
    }

    /// Says so in the condition `Ready`, and as an event where it is news.
    pub fn finish(mut self, result: Result<Reached, Failure>) -> Applied<PlaybookStatus> {
        let (is, reason, message) = match &result {
            Ok(Reached::Claimed) => (Is::False, "Progressing", "the document is about to be applied".to_owned()),
            Ok(Reached::Declared) => self.declared(),
            Err(Failure { class: Class::Away, reason, message }) => (Is::Unknown, *reason, message.clone()),
            Err(Failure { reason, message, .. }) => (Is::False, *reason, message.clone()),
        };
        let news = self.before.take().is_none_or(|before| before != (reason.to_owned(), message.clone()));
        if let Err(failure) = &result
            && news
        {
            self.notices.push(Notice::warning("Apply", failure.reason, message.clone()));
        }
        self.moment.set(&mut self.status.conditions, READY, is, reason, message);
        let next = match result {
            Ok(Reached::Declared) => Next::Settled,
            Ok(Reached::Claimed) => Next::Continue,
            Err(failure) => Next::Failed(failure),
        };
        Applied { status: self.status, notices: self.notices, next }
    }

    fn declared(&self) -> (Is, &'static str, String) {
        let revision = self.status.revision.unwrap_or_default();
        if self.status.released_revision == self.status.revision {
            (Is::True, "Released", format!("revision {revision} holds the document and is released"))
        } else {
            (Is::True, "Stored", format!("revision {revision} holds the document"))
        }
    }

    /// Something that was done.
    pub fn did(&mut self, severity: EventType, action: &'static str, reason: &'static str, note: String) {
        self.notices.push(Notice { severity, action, reason, note });
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
