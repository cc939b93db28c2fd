//! The custom resource `Playbook`: a document, where it belongs, and what became of it.
#![expect(clippy::duplicated_attributes, reason = "columns of the same type")]

mod apply;
mod document;
mod draft;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

pub use apply::{Playbooks, readers};
pub use document::MAX_DOCUMENT_BYTES;
pub use draft::MAX_FINDINGS;

/// What is declared.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "throughline.io",
    version = "v1alpha1",
    kind = "Playbook",
    plural = "playbooks",
    shortname = "pb",
    category = "throughline",
    namespaced,
    status = "PlaybookStatus",
    derive = "PartialEq",
    doc = "A playbook of Throughline: the operator lints its document, stores it at the playbook evaluator as a revision and \
           releases it, so that calls are evaluated against it.",
    printcolumn(
        name = "Playbook",
        type_ = "string",
        description = "Id of the playbook, from the document",
        json_path = ".status.playbook"
    ),
    printcolumn(
        name = "Revision",
        type_ = "integer",
        description = "Revision that holds the document",
        json_path = ".status.revision"
    ),
    printcolumn(
        name = "Released",
        type_ = "integer",
        description = "Revision that calls are evaluated against",
        json_path = ".status.releasedRevision"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        description = "Is it as declared?",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        description = "Why it is ready or not",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(
    validation = Rule::new("has(self.document) != has(self.documentFrom)")
        .message("exactly one of document and documentFrom must be given")
)]
#[serde(rename_all = "camelCase")]
pub struct PlaybookSpec {
    /// Workspace that the playbook belongs to, for example `demo`. It can't be changed: make another Playbook.
    #[schemars(length(min = 1, max = 120), regex(pattern = r"^[A-Za-z0-9._~-]+$"))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("workspace can't be changed; make another Playbook"))]
    pub workspace: String,
    /// The playbook as a YAML document, at most 512 KiB. Its `id` says which playbook it is.
    #[schemars(length(min = 1, max = 524_288))]
    #[x_kube(validation = Rule::new("size(bytes(self)) <= 524288").message("document must have at most 512 KiB"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Where the document stands instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_from: Option<DocumentSource>,
    /// Make its revision the released one, and keep it that. Where false, the document is stored and what is released
    /// stays as it is.
    #[serde(default = "yes")]
    pub release: bool,
    /// What happens at the evaluator when this resource is deleted: with `Retain` nothing, with `Withdraw` calls are no
    /// longer evaluated against the playbook. Revisions are kept either way.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
}

fn yes() -> bool {
    true
}

/// Where a document stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentSource {
    /// A key of a ConfigMap in the namespace of the Playbook. Changes of it are applied.
    pub config_map_key_ref: ConfigMapKey,
}

/// A key of a ConfigMap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConfigMapKey {
    /// Name of the ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key in its `data`.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

// Comments that are no documentation: documented variants would make a schema that is not structural.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum DeletionPolicy {
    // The evaluator keeps it as it is.
    #[default]
    Retain,
    // Calls are no longer evaluated against it.
    Withdraw,
}

/// What is true at the evaluator.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaybookStatus {
    /// Generation of the resource that the status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Id of the playbook, from the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// Revision that holds the document that was last accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Revision that calls are evaluated against, whoever released it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_revision: Option<i64>,
    /// SHA-256 of the document in `revision`, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Errors that the linter found in the document that is declared now.
    #[serde(default)]
    pub errors: i64,
    /// Warnings that it found.
    #[serde(default)]
    pub warnings: i64,
    /// The first 20 findings, errors first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub findings: Vec<Finding>,
    /// `Ready`: all is as declared. `Released`: its revision is the released one. `LintFailed`: the document has errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// Something that the linter found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// `Error`: the document is refused. `Warning`: it works but should be looked at.
    pub severity: FindingSeverity,
    /// Rule, for example `duplicate-id`.
    pub rule: String,
    /// Path in the document, for example `behaviors[3].detect.pattern`.
    pub path: String,
    /// Line in the document, from 1; 0 when not known.
    pub line: i32,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum FindingSeverity {
    Error,
    Warning,
}
