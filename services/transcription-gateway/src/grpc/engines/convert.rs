//! Between the API's speech engines and declarations.

use std::time::Duration;

use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speech_engine::Kind as KindOut;
use throughline_proto::transcription::v1::speech_engine_health::State as StateOut;
use throughline_rpc::{Violations, name, timestamp};

use crate::domain::engine::{BUILT_IN, DEFAULT_PRIORITY, Kind, MAX_PRIORITY, Mode, Route, Spec};
use crate::domain::settings::canonical_language;
use crate::engine::grants::Grants;
use crate::engine::router::{Gate, Health, State};
use crate::engine::{Capabilities, EMBEDDED_MODEL, host_of_address, host_of_url};
use crate::store::entity::speech_engine::Model;

const MAX_TEXT: usize = 200;
const MAX_ROUTES: usize = 16;
const MAX_LANGUAGES: usize = 32;
const DEFAULT_CONCURRENT: u16 = 4;
const DEFAULT_TIMEOUT_MS: u32 = 10_000;
const TIMEOUTS_MS: std::ops::RangeInclusive<u128> = 100..=300_000;

/// Reads a declaration of an engine `id` of `workspace`. Output-only fields are ignored.
pub fn spec_in(
    engine: pb::SpeechEngine,
    (workspace, id): (&str, &str),
    grants: &Grants,
    violations: &mut Violations,
) -> Option<Spec> {
    let pb::SpeechEngine { display_name, kind, routes, max_concurrent, timeout, enabled, .. } = engine;
    short("speech_engine.display_name", &display_name, violations);
    violations.check(kind.is_some(), "speech_engine.kind", "one of embedded, whisper, openai, riva is required");
    let kind = kind.map(|kind| kind_in(kind, workspace, grants, violations));
    if id == BUILT_IN && kind.as_ref().is_some_and(|kind| !matches!(kind, Kind::Embedded { .. })) {
        violations.add("speech_engine.kind", "must be embedded for the engine of that name");
    }
    violations.check(routes.len() <= MAX_ROUTES, "speech_engine.routes", "must be at most 16");
    let priority = default_priority(id);
    let read = |(index, route)| route_in(index, route, priority, violations);
    let mut routes: Vec<Route> = routes.into_iter().enumerate().map(read).collect();
    if routes.is_empty() {
        routes.push(Route { priority, ..Route::default() });
    }
    let max_concurrent = match u16::try_from(max_concurrent) {
        Ok(0) => DEFAULT_CONCURRENT,
        Ok(count @ 1..=256) => count,
        _ => {
            violations.add("speech_engine.max_concurrent", "must be 1 to 256");
            DEFAULT_CONCURRENT
        }
    };
    let timeout_ms = match timeout.map(|timeout| Duration::try_from(timeout).map(|timeout| timeout.as_millis())) {
        None => DEFAULT_TIMEOUT_MS,
        Some(Ok(ms)) if TIMEOUTS_MS.contains(&ms) => u32::try_from(ms).unwrap_or(DEFAULT_TIMEOUT_MS),
        Some(_) => {
            violations.add("speech_engine.timeout", "must be 100 ms to 5 min");
            DEFAULT_TIMEOUT_MS
        }
    };
    Some(Spec { display_name, kind: kind?, routes, max_concurrent, timeout_ms, enabled: enabled.unwrap_or(true) })
}

/// The engine in the gateway's own process stays the last resort unless somebody says otherwise.
fn default_priority(id: &str) -> u16 {
    if id == BUILT_IN { 0 } else { DEFAULT_PRIORITY }
}

fn kind_in(kind: KindOut, workspace: &str, grants: &Grants, violations: &mut Violations) -> Kind {
    match kind {
        KindOut::Embedded(pb::EmbeddedEngine { model }) => {
            let known = model.is_empty() || model == EMBEDDED_MODEL;
            violations.check(known, "speech_engine.embedded.model", "must be moonshine-tiny-en");
            Kind::Embedded { model: EMBEDDED_MODEL.to_owned() }
        }
        KindOut::Whisper(pb::WhisperEngine { model }) => {
            violations.text("speech_engine.whisper.model", &model, MAX_TEXT);
            Kind::Whisper { model }
        }
        KindOut::Openai(pb::OpenAiEngine { base_url, model, credential }) => {
            violations.text("speech_engine.openai.model", &model, MAX_TEXT);
            let host = host_of_url(&base_url);
            let credential = Some(credential).filter(|name| !name.is_empty());
            let fields = ["speech_engine.openai.base_url", "speech_engine.openai.credential"];
            reach(fields, host, credential.as_deref(), workspace, grants, violations);
            Kind::OpenAi { base_url, model, credential }
        }
        KindOut::Riva(pb::RivaEngine { address, tls, model, credential }) => {
            short("speech_engine.riva.model", &model, violations);
            let host = host_of_address(&address);
            let credential = Some(credential).filter(|name| !name.is_empty());
            let fields = ["speech_engine.riva.address", "speech_engine.riva.credential"];
            reach(fields, host, credential.as_deref(), workspace, grants, violations);
            Kind::Riva { address, tls, model, credential }
        }
    }
}

/// Whether this installation lets the workspace reach the host, and use the key there.
fn reach(
    [host_field, key_field]: [&str; 2],
    host: Result<(String, u16), String>,
    credential: Option<&str>,
    workspace: &str,
    grants: &Grants,
    violations: &mut Violations,
) {
    let (host, port) = match host {
        Ok(found) => found,
        Err(problem) => return violations.add(host_field, problem),
    };
    if let Some(refused) = grants.refuses_host(&host, port) {
        violations.add(host_field, refused);
    }
    if let Some(Err(refused)) = credential.map(|name| grants.credential(name, workspace, &host, port)) {
        violations.add(key_field, refused);
    }
}

fn short(field: &str, text: &str, violations: &mut Violations) {
    violations.check(text.chars().count() <= MAX_TEXT, field, "must have at most 200 characters");
}

fn route_in(index: usize, route: pb::SpeechRoute, default_priority: u16, violations: &mut Violations) -> Route {
    let pb::SpeechRoute { languages, modes, priority } = route;
    let field = |name: &str| format!("speech_engine.routes[{index}].{name}");
    violations.check(languages.len() <= MAX_LANGUAGES, &field("languages"), "must be at most 32");
    let mut tags = Vec::new();
    for language in languages {
        match canonical_language(&language) {
            Some(tag) => tags.push(tag),
            None => violations.add(field("languages"), format!("`{language}` is no BCP 47 tag")),
        }
    }
    let modes = modes.into_iter().filter_map(|mode| match pb::TranscriptionMode::try_from(mode) {
        Ok(pb::TranscriptionMode::Live) => Some(Mode::Live),
        Ok(pb::TranscriptionMode::Batch) => Some(Mode::Batch),
        Ok(pb::TranscriptionMode::Unspecified) | Err(_) => {
            violations.add(field("modes"), "must be TRANSCRIPTION_MODE_LIVE or TRANSCRIPTION_MODE_BATCH");
            None
        }
    });
    let modes = modes.collect();
    let priority = match u16::try_from(priority) {
        Ok(0) => default_priority,
        Ok(priority @ 1..=MAX_PRIORITY) => priority,
        _ => {
            violations.add(field("priority"), "must be 1 to 1000");
            default_priority
        }
    };
    Route { languages: tags, modes, priority }
}

/// What is known of an engine in this process.
pub struct Shown {
    capabilities: Option<Capabilities>,
    health: Health,
}

impl Shown {
    /// Of an engine.
    pub fn of(gate: &Gate) -> Self {
        Self { capabilities: gate.capabilities(), health: gate.health() }
    }
}

/// An engine as the API shows it. `row` is none for the one that every workspace has.
pub fn engine_out((workspace, id): (&str, &str), spec: &Spec, row: Option<&Model>, shown: &Shown) -> pb::SpeechEngine {
    let mut engine = spec_out(spec);
    engine.name = name::SPEECH_ENGINE.format([workspace, id]);
    if engine.display_name.is_empty() {
        engine.display_name = id.to_owned();
    }
    engine.capabilities = shown.capabilities.as_ref().map(capabilities_out);
    engine.health = Some(health_out(&shown.health));
    engine.create_time = row.map(|row| timestamp(row.created_at));
    engine.update_time = row.map(|row| timestamp(row.updated_at));
    engine.etag = row.map(|row| row.version.to_string()).unwrap_or_default();
    engine
}

/// What is declared of an engine, as the API shows it.
pub fn spec_out(spec: &Spec) -> pb::SpeechEngine {
    let Spec { display_name, kind, routes, max_concurrent, timeout_ms, enabled } = spec;
    let named = |credential: &Option<String>| credential.clone().unwrap_or_default();
    let kind = match kind.clone() {
        Kind::Embedded { model } => KindOut::Embedded(pb::EmbeddedEngine { model }),
        Kind::Whisper { model } => KindOut::Whisper(pb::WhisperEngine { model }),
        Kind::OpenAi { base_url, model, credential } => {
            KindOut::Openai(pb::OpenAiEngine { base_url, model, credential: named(&credential) })
        }
        Kind::Riva { address, tls, model, credential } => {
            KindOut::Riva(pb::RivaEngine { address, tls, model, credential: named(&credential) })
        }
    };
    let timeout = prost_types::Duration {
        seconds: i64::from(*timeout_ms / 1000),
        nanos: i32::try_from(*timeout_ms % 1000).unwrap_or(0) * 1_000_000,
    };
    pb::SpeechEngine {
        display_name: display_name.clone(),
        kind: Some(kind),
        routes: routes.iter().map(route_out).collect(),
        max_concurrent: i32::from(*max_concurrent),
        timeout: Some(timeout),
        enabled: Some(*enabled),
        ..Default::default()
    }
}

fn route_out(route: &Route) -> pb::SpeechRoute {
    let Route { languages, modes, priority } = route;
    let modes = modes.iter().map(|mode| mode_out(*mode).into()).collect();
    pb::SpeechRoute { languages: languages.clone(), modes, priority: i32::from(*priority) }
}

fn mode_out(mode: Mode) -> pb::TranscriptionMode {
    match mode {
        Mode::Live => pb::TranscriptionMode::Live,
        Mode::Batch => pb::TranscriptionMode::Batch,
    }
}

fn capabilities_out(capabilities: &Capabilities) -> pb::SpeechEngineCapabilities {
    let Capabilities { languages, max_segment_ms, partials, word_times, punctuation, live, batch } = capabilities;
    let modes = [(*live, Mode::Live), (*batch, Mode::Batch)];
    pb::SpeechEngineCapabilities {
        languages: languages.clone(),
        max_segment_ms: i32::try_from(*max_segment_ms).unwrap_or(i32::MAX),
        partials: *partials,
        word_times: *word_times,
        punctuation: *punctuation,
        modes: modes.into_iter().filter(|(can, _)| *can).map(|(_, mode)| mode_out(mode).into()).collect(),
    }
}

fn health_out(health: &Health) -> pb::SpeechEngineHealth {
    let Health { state, since, last_error, real_time_factor, in_flight, queued } = health;
    let state = match state {
        None => StateOut::Unusable,
        Some(State::Unknown) => StateOut::Unknown,
        Some(State::Healthy) => StateOut::Healthy,
        Some(State::Degraded) => StateOut::Degraded,
        Some(State::Open) => StateOut::Open,
    };
    pb::SpeechEngineHealth {
        state: state.into(),
        since: since.map(timestamp),
        last_error: last_error.clone(),
        real_time_factor: real_time_factor.unwrap_or(0.0),
        in_flight: i32::try_from(*in_flight).unwrap_or(i32::MAX),
        queued: i32::try_from(*queued).unwrap_or(i32::MAX),
    }
}
