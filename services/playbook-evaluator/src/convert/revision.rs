//! Playbook revisions as the API gives them.

use throughline_proto::playbook::v1 as pb;
use throughline_rpc::{name, timestamp};

use crate::domain::learn::{Learned, Measured, Model};
use crate::domain::lint::Linted;
use crate::domain::playbook::{Behavior, FieldMapping, Finding, Polarity, Policy, Severity};
use crate::store::models;
use crate::store::revisions::Revision;

/// Most findings of one answer, and characters of one message: an answer stays far below what clients take.
const MAX_FINDINGS: usize = 1_000;
const MAX_MESSAGE_CHARS: usize = 300;
/// Characters of a path: keys may be as long as their writer likes.
const MAX_PATH_CHARS: usize = 120;

/// Findings of the linter, the first thousand.
pub fn findings(linted: &Linted) -> Vec<pb::LintFinding> {
    linted.findings.iter().take(MAX_FINDINGS).map(finding).collect()
}

/// A finding of the linter.
pub fn finding(finding: &Finding) -> pb::LintFinding {
    let severity = match finding.severity {
        Severity::Error => pb::Severity::Error,
        Severity::Warning => pb::Severity::Warning,
    };
    pb::LintFinding {
        severity: severity.into(),
        rule: finding.rule.to_owned(),
        path: shortened(&finding.path, MAX_PATH_CHARS),
        message: shortened(&finding.message, MAX_MESSAGE_CHARS),
        line: i32::try_from(finding.line).unwrap_or(0),
    }
}

fn shortened(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The number of a revision in its name; none where it is not written as the service writes it.
pub fn revision_number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|number: &i32| *number > 0 && number.to_string() == text)
}

/// A stored revision with what the linter reads in its document.
pub fn revision(row: &Revision, linted: &Linted, model: Option<&models::Row>, released: bool) -> pb::Revision {
    let number = row.number.to_string();
    let playbook = linted.revision.as_ref().map(|revision| &revision.playbook);
    let behaviors = playbook.iter().flat_map(|playbook| &playbook.behaviors).map(behavior_spec).collect();
    let signals = playbook.iter().flat_map(|playbook| &playbook.signals).map(|signal| signal.id.to_string()).collect();
    let fields = playbook.iter().flat_map(|playbook| &playbook.fields).map(field).collect();
    pb::Revision {
        name: name::REVISION.format([&row.workspace, &row.playbook, &number]),
        title: row.title.clone(),
        document: row.document.clone(),
        sha256: row.sha256.clone(),
        behaviors,
        signals,
        fields,
        warnings: linted.warnings().take(MAX_FINDINGS).map(finding).collect(),
        create_time: Some(timestamp(row.created_at)),
        release_time: row.released_at.map(timestamp),
        released,
        classifiers: model.map(classifiers).unwrap_or_default(),
    }
}

/// What was learned; nothing of a model that can't be read any more.
fn classifiers(model: &models::Row) -> Vec<pb::Classifier> {
    let learned = serde_json::from_slice::<Model>(&model.body).map(|model| model.lessons).unwrap_or_default();
    learned.into_iter().map(classifier).collect()
}

fn classifier(learned: Learned) -> pb::Classifier {
    let Measured { judged, observed, precision, recall, kappa, unsure } = learned.measured;
    pb::Classifier {
        path: learned.path,
        threshold: learned.threshold.into(),
        judged: i32::try_from(judged).unwrap_or(i32::MAX),
        observed: i32::try_from(observed).unwrap_or(i32::MAX),
        precision,
        recall,
        kappa,
        unsure,
    }
}

/// A behavior as consumers of evaluations need it.
pub fn behavior_spec(behavior: &Behavior) -> pb::BehaviorSpec {
    let polarity = match behavior.polarity {
        Polarity::Seek => pb::Polarity::Seek,
        Polarity::Avoid => pb::Polarity::Avoid,
    };
    pb::BehaviorSpec {
        id: behavior.id.to_string(),
        description: behavior.description.clone(),
        stage: behavior.stage.clone(),
        weight: behavior.weight,
        critical: behavior.critical,
        polarity: polarity.into(),
    }
}

fn field(mapping: &FieldMapping) -> pb::FieldMapping {
    let policy = match mapping.policy {
        Policy::Auto => pb::FieldPolicy::Auto,
        Policy::Review => pb::FieldPolicy::Review,
        Policy::Never => pb::FieldPolicy::Never,
    };
    pb::FieldMapping { fact: mapping.fact.as_str().to_owned(), field: mapping.field.clone(), policy: policy.into() }
}
