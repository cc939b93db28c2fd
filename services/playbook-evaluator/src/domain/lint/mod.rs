//! The linter: everything that is wrong with a document, at once. A playbook that passes compiles and can't fail on a
//! call.

mod behaviors;
mod conditions;
mod detectors;
mod ids;
mod qualification;

use super::detect;
use super::evaluate::Revision;
use super::facts::competitors::Learned;
use super::playbook::{self, Finding, Severity, finding::Findings};

/// What a document gives: findings, errors first, and a compiled revision where there is no error.
#[derive(Debug)]
pub struct Linted {
    pub findings: Vec<Finding>,
    pub revision: Option<Revision>,
}

impl Linted {
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.severity == Severity::Error)
    }

    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.severity == Severity::Warning)
    }
}

/// Reads, checks and compiles a document.
pub fn lint(document: &str) -> Linted {
    let (playbook, parsed) = playbook::parse(document);
    let unread = parsed.iter().any(is_of_a_named_detector);
    let mut findings = Findings(parsed);
    let Some(playbook) = playbook else { return Linted { findings: findings.sorted(), revision: None } };
    ids::check(&playbook, &mut findings);
    behaviors::check(&playbook, &mut findings);
    detectors::check(&playbook, &mut findings);
    qualification::check(&playbook, &mut findings);
    let detectors = detect::compile(&playbook, &mut findings);
    let segment = conditions::segment(&playbook, &mut findings);
    let conditions = conditions::behaviors(&playbook, &mut findings);
    if unread {
        // Who refers to a signal or concept that could not be read is not at fault.
        findings.0.retain(|f| f.rule != "undefined-id");
    }
    let refused = findings.0.iter().any(|f| f.severity == Severity::Error);
    let revision = (!refused).then_some(Revision {
        playbook,
        detectors,
        conditions,
        segment,
        model: None,
        names: Learned::shipped(),
    });
    Linted { findings: findings.sorted(), revision }
}

fn is_of_a_named_detector(finding: &Finding) -> bool {
    finding.rule != "unknown-key" && (finding.path.starts_with("signals") || finding.path.starts_with("concepts"))
}

#[cfg(test)]
mod tests;
