//! Playbook revisions as the API gives them.

use throughline_proto::playbook::v1 as pb;
use throughline_rpc::name;

use crate::domain::lint::{Linted, lint};
use crate::domain::playbook::{Behavior, FieldMapping, Finding, Polarity, Policy, Severity};
use crate::store::revisions::Revision;

/// A finding of the linter.
pub fn finding(finding: &Finding) -> pb::LintFinding {
    let severity = match finding.severity {
        Severity::Error => pb::Severity::Error,
        Severity::Warning => pb::Severity::Warning,
    };
    pb::LintFinding {
        severity: severity.into(),
        rule: finding.rule.to_owned(),
        path: finding.path.clone(),
        message: finding.message.clone(),
        line: i32::try_from(finding.line).unwrap_or(0),
    }
}

/// A stored revision; what it holds is read from its document again.
pub fn revision(row: &Revision, released: bool) -> pb::Revision {
    let number = row.number.to_string();
    let Linted { findings, revision } = lint(&row.document);
    let playbook = revision.map(|revision| revision.playbook);
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
        warnings: findings.iter().filter(|f| f.severity == Severity::Warning).map(finding).collect(),
        create_time: Some(timestamp(row.created_at)),
        release_time: row.released_at.map(timestamp),
        released,
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

/// The protobuf form of a moment.
pub(crate) fn timestamp(time: chrono::DateTime<chrono::Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.timestamp(), nanos: i32::try_from(time.timestamp_subsec_nanos()).unwrap_or(0) }
}
