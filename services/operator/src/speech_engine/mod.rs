//! The custom resource `SpeechEngine`: what turns speech into words, what it is asked for, and how it is doing.
#![expect(clippy::duplicated_attributes, reason = "columns of the same type")]

mod apply;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

pub use apply::SpeechEngines;

/// What is declared.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "throughline.io",
    version = "v1alpha1",
    kind = "SpeechEngine",
    plural = "speechengines",
    shortname = "speech",
    category = "throughline",
    namespaced,
    status = "SpeechEngineStatus",
    derive = "PartialEq",
    doc = "A speech engine of Throughline: the operator declares it at the transcription gateway, which asks it for the \
           languages and modes of its routes.",
    printcolumn(name = "Kind", type_ = "string", description = "What it is", json_path = ".status.kind"),
    printcolumn(
        name = "Health",
        type_ = "string",
        description = "How it is doing at the gateway",
        json_path = ".status.health"
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
    validation = Rule::new("[has(self.embedded), has(self.whisper), has(self.openai), has(self.riva)].exists_one(one, one)")
        .message("exactly one of embedded, whisper, openai and riva must be given"),
    validation = Rule::new("has(self.engineId) == has(oldSelf.engineId) && (!has(self.engineId) || self.engineId == oldSelf.engineId)")
        .message("engineId can't be changed; make another SpeechEngine")
)]
#[serde(rename_all = "camelCase")]
pub struct SpeechEngineSpec {
    /// Workspace that uses it, for example `demo`. It can't be changed: make another SpeechEngine.
    #[schemars(length(min = 1, max = 120), regex(pattern = r"^[A-Za-z0-9._~-]+$"))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("workspace can't be changed; make another SpeechEngine"))]
    pub workspace: String,
    /// Id of the engine in the workspace; the name of this resource where not given. `embedded` is the engine that every
    /// workspace has: declare it to change it or, with `enabled: false`, to switch it off.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z][a-z0-9-]*$"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_id: Option<String>,
    /// Title as people see it; the id where not given.
    #[schemars(length(max = 200))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Moonshine in the gateway's own process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<Embedded>,
    /// Whisper in the gateway's own process, where the gateway was built with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whisper: Option<Whisper>,
    /// A server that speaks the transcription API of OpenAI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openai: Option<OpenAi>,
    /// A server that speaks NVIDIA Riva's gRPC API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub riva: Option<Riva>,
    /// What it is asked for; everything, with the default priority, where not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub routes: Vec<Route>,
    /// Segments that one replica of the gateway sends to it at the same time; as many again may wait. Ignored by engines
    /// in the gateway's own process.
    #[serde(default = "four")]
    #[schemars(range(min = 1, max = 256))]
    pub max_concurrent: i32,
    /// How long an answer for one segment may take, milliseconds. Ignored by engines in the gateway's own process.
    #[serde(default = "ten_seconds")]
    #[schemars(range(min = 100, max = 300_000))]
    pub timeout_ms: i64,
    /// Whether it is used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What happens at the gateway when this resource is deleted: with `Delete` the engine goes, with `Retain` it stays.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
}

fn yes() -> bool {
    true
}

fn four() -> i32 {
    4
}

fn ten_seconds() -> i64 {
    10_000
}

/// Moonshine in the gateway's own process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Embedded {
    /// Name of the model; the only one now where not given.
    #[schemars(length(max = 200))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
}

/// Whisper in the gateway's own process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Whisper {
    /// Name of the model as `throughline models list` shows it.
    #[schemars(length(min = 1, max = 200))]
    pub model: String,
}

/// A server with `POST {baseUrl}/audio/transcriptions` as OpenAI defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenAi {
    /// For example `https://speech.internal:8000/v1`. Its host must be one of the gateway's `speech.allowed_hosts`.
    #[schemars(length(min = 1, max = 2000), regex(pattern = r"^https?://"))]
    pub base_url: String,
    /// Name of the model as the server knows it.
    #[schemars(length(min = 1, max = 200))]
    pub model: String,
    /// Name of a key in the gateway's `speech.credentials`; none where not given.
    #[schemars(length(max = 120))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential: String,
}

/// A server with `nvidia.riva.asr.RivaSpeechRecognition`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Riva {
    /// `host:port`. The host must be one of the gateway's `speech.allowed_hosts`.
    #[schemars(length(min = 1, max = 2000), regex(pattern = r"^.+:[0-9]+$"))]
    pub address: String,
    /// Whether to speak TLS to it.
    #[serde(default)]
    pub tls: bool,
    /// Name of the model as the server knows it; the server's own choice where not given.
    #[schemars(length(max = 200))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Name of a key in the gateway's `speech.credentials`; none where not given.
    #[schemars(length(max = 120))]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential: String,
}

/// A share of the work that an engine takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Route {
    /// BCP 47 tags; all that the engine understands where not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub languages: Vec<String>,
    /// `Live`, `Batch`; both where not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2))]
    pub modes: Vec<Mode>,
    /// Engines with a higher one are asked first. 100 where not given, for the engine `embedded` less than any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub priority: Option<i32>,
}

// Comments that are no documentation: documented variants would make a schema that is not structural.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Mode {
    // A live stream.
    Live,
    // A recording.
    Batch,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum DeletionPolicy {
    // The engine goes with the resource.
    #[default]
    Delete,
    // The gateway keeps it as it is.
    Retain,
}

/// What is true at the gateway.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpeechEngineStatus {
    /// Generation of the resource that the status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Id of the engine that is this resource's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// What it is: `embedded`, `whisper`, `openai` or `riva`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Generation that the gateway has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_generation: Option<i64>,
    /// The gateway's version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Healthy`, `Degraded`, `Open`, `Unusable` or `Unknown`, as the replica of the gateway sees it that answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// Languages that it understands, BCP 47; `*` for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Whether it tells when each word was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word_times: Option<bool>,
    /// `Ready`: the gateway has it as declared. `Healthy`: it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
