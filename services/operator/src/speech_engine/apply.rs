//! How a SpeechEngine is applied: claim it in the status → is the gateway's version the one that was applied? → else
//! apply. It may stop anywhere and begin again.

use kube::ResourceExt as _;
use kube::runtime::events::EventType;
use kube::runtime::reflector::Store;
use throughline_proto::transcription::v1 as pb;
use throughline_proto::transcription::v1::speech_engine::Kind as KindOf;
use throughline_proto::transcription::v1::speech_engine_health::State;
use throughline_rpc::name;

use super::{
    DeletionPolicy, Embedded, Mode, OpenAi, Riva, Route, SpeechEngine, SpeechEngineSpec, SpeechEngineStatus, Whisper,
};
use crate::claim;
use crate::condition::{Is, Moment};
use crate::draft::{Draft, Reached, Status};
use crate::failure::{Class, Failure};
use crate::gateway::Gateway;
use crate::kind::{Applied, Kind, Notice};

const HEALTHY: &str = "Healthy";
/// Most characters of an engine's error in a condition.
const MAX_TEXT: usize = 400;

/// What SpeechEngines are applied to.
pub struct SpeechEngines {
    /// Where they are declared.
    pub gateway: Gateway,
    /// All SpeechEngines, namespace by namespace: two may name the same engine.
    pub known: Vec<Store<SpeechEngine>>,
}

impl Status for SpeechEngineStatus {
    fn conditions(&mut self) -> &mut Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition> {
        &mut self.conditions
    }

    fn observe(&mut self, generation: Option<i64>) {
        self.observed_generation = generation;
    }
}

impl Kind for SpeechEngine {
    type Status = SpeechEngineStatus;
    type World = SpeechEngines;
    const FINALIZER: &'static str = "throughline.io/remove";

    fn status(&self) -> Option<&SpeechEngineStatus> {
        self.status.as_ref()
    }

    fn withdraws(&self) -> bool {
        self.spec.deletion_policy == DeletionPolicy::Delete
    }

    async fn apply(&self, world: &SpeechEngines, moment: Moment) -> Applied<SpeechEngineStatus> {
        let mut draft = Draft::new(self.status.as_ref(), moment);
        let reached = self.advance(world, moment.generation, &mut draft).await;
        draft.finish(reached)
    }

    async fn withdraw(&self, world: &SpeechEngines) -> Result<Vec<Notice>, Failure> {
        // What was never claimed was never applied.
        let Some(id) = self.status.as_ref().and_then(|status| status.engine.as_deref()) else {
            return Ok(Vec::new());
        };
        if let Some(owner) = self.owner_before(world) {
            let note = format!("speech engine {id} is kept: it belongs to {owner}");
            return Ok(vec![Notice::normal("Withdraw", "Kept", note)]);
        }
        world.gateway.remove(&self.spec.workspace, id).await?;
        Ok(vec![Notice::normal("Withdraw", "Removed", format!("speech engine {id} is removed"))])
    }
}

impl SpeechEngine {
    async fn advance(
        &self,
        world: &SpeechEngines,
        generation: Option<i64>,
        draft: &mut Draft<SpeechEngineStatus>,
    ) -> Result<Reached, Failure> {
        let (workspace, id) = (self.spec.workspace.as_str(), self.id());
        if let Some(owner) = self.owner_before(world) {
            // Nothing of it is this resource's any more, so that it is not removed with it.
            let observed_generation = draft.status.observed_generation;
            draft.status = SpeechEngineStatus {
                observed_generation,
                conditions: std::mem::take(&mut draft.status.conditions),
                ..SpeechEngineStatus::default()
            };
            let message = format!("speech engine {id} belongs to {owner}, which is older");
            return Err(Failure::new(Class::Refused, "EngineTaken", message));
        }
        if draft.status.engine.as_deref() != Some(&id) {
            draft.status.engine = Some(id);
            return Ok(Reached::Claimed("the engine is about to be applied"));
        }
        let found = world.gateway.engine(workspace, &id).await?;
        let applied = draft.status.applied_generation.is_some() && draft.status.applied_generation == generation;
        let etag = found.as_ref().map(|engine| engine.etag.clone());
        let engine = match found {
            Some(engine) if applied && draft.status.etag == etag => engine,
            _ => {
                let engine = world.gateway.apply(self.wanted(workspace, &id)).await?;
                said(draft, &id, applied, etag.as_deref(), &engine);
                engine
            }
        };
        draft.status.applied_generation = generation;
        draft.status.etag = Some(engine.etag.clone());
        show(draft, &engine);
        let message = if self.spec.enabled { "the gateway has it as declared" } else { "it is switched off" };
        Ok(Reached::Declared(if self.spec.enabled { "Applied" } else { "Disabled" }, message.to_owned()))
    }

    /// Its id at the gateway.
    fn id(&self) -> String {
        self.spec.engine_id.clone().unwrap_or_else(|| self.name_any())
    }

    /// An older SpeechEngine of the same engine.
    fn owner_before(&self, world: &SpeechEngines) -> Option<String> {
        let same = |other: &Self| other.spec.workspace == self.spec.workspace && other.id() == self.id();
        claim::older(&world.known, self, same)
    }

    /// What is declared, as the gateway takes it.
    fn wanted(&self, workspace: &str, id: &str) -> pb::SpeechEngine {
        let SpeechEngineSpec {
            workspace: _,
            engine_id: _,
            display_name,
            embedded,
            whisper,
            openai,
            riva,
            routes,
            max_concurrent,
            timeout_ms,
            enabled,
            deletion_policy: _,
        } = self.spec.clone();
        let kinds = [
            embedded.map(|Embedded { model }| KindOf::Embedded(pb::EmbeddedEngine { model })),
            whisper.map(|Whisper { model }| KindOf::Whisper(pb::WhisperEngine { model })),
            openai.map(|OpenAi { base_url, model, credential }| {
                KindOf::Openai(pb::OpenAiEngine { base_url, model, credential })
            }),
            riva.map(|Riva { address, tls, model, credential }| {
                KindOf::Riva(pb::RivaEngine { address, tls, model, credential })
            }),
        ];
        let millis = i32::try_from(timeout_ms % 1000).unwrap_or_default();
        pb::SpeechEngine {
            name: name::SPEECH_ENGINE.format([workspace, id]),
            display_name: display_name.unwrap_or_default(),
            kind: kinds.into_iter().flatten().next(),
            routes: routes.into_iter().map(route).collect(),
            max_concurrent,
            timeout: Some(prost_types::Duration { seconds: timeout_ms / 1000, nanos: millis * 1_000_000 }),
            enabled: Some(enabled),
            ..Default::default()
        }
    }
}

fn route(Route { languages, modes, priority }: Route) -> pb::SpeechRoute {
    let mode = |mode| match mode {
        Mode::Live => pb::TranscriptionMode::Live.into(),
        Mode::Batch => pb::TranscriptionMode::Batch.into(),
    };
    pb::SpeechRoute { languages, modes: modes.into_iter().map(mode).collect(), priority: priority.unwrap_or_default() }
}

/// What was done, as an event. `applied`: this generation was applied before, so somebody else changed it.
fn said(
    draft: &mut Draft<SpeechEngineStatus>,
    id: &str,
    applied: bool,
    found: Option<&str>,
    engine: &pb::SpeechEngine,
) {
    let changed = found != Some(engine.etag.as_str());
    match (applied, found) {
        // A repeat after a crash, or a change that only this resource has.
        _ if !changed => {}
        (true, Some(_)) => {
            let note = format!("speech engine {id} was changed by hand; it is as declared again");
            draft.did(EventType::Warning, "Apply", "DriftCorrected", note);
        }
        (true, None) => {
            let note = format!("speech engine {id} was removed by hand; it is there again");
            draft.did(EventType::Warning, "Apply", "DriftCorrected", note);
        }
        (false, _) => draft.did(EventType::Normal, "Apply", "Applied", format!("speech engine {id} is as declared")),
    }
}

/// What the gateway tells of it.
fn show(draft: &mut Draft<SpeechEngineStatus>, engine: &pb::SpeechEngine) {
    let kind = engine.kind.as_ref().map(|kind| match kind {
        KindOf::Embedded(_) => "embedded",
        KindOf::Whisper(_) => "whisper",
        KindOf::Openai(_) => "openai",
        KindOf::Riva(_) => "riva",
    });
    draft.status.kind = kind.map(str::to_owned);
    draft.status.languages = engine.capabilities.as_ref().map(|can| can.languages.clone()).unwrap_or_default();
    draft.status.word_times = engine.capabilities.as_ref().map(|can| can.word_times);
    let health = engine.health.clone().unwrap_or_default();
    let (is, state, otherwise) = match health.state() {
        State::Healthy => (Is::True, "Healthy", "it answers"),
        State::Degraded => (Is::False, "Degraded", "some of its answers fail"),
        State::Open => (Is::False, "Open", "it failed so often that it is left alone"),
        State::Unusable => (Is::False, "Unusable", "it can't be set up"),
        State::Unknown | State::Unspecified => (Is::Unknown, "Unknown", "it was not asked lately"),
    };
    draft.status.health = Some(state.to_owned());
    let error: String = health.last_error.chars().take(MAX_TEXT).collect();
    let message = if is == Is::False && !error.is_empty() { error } else { otherwise.to_owned() };
    draft.set(HEALTHY, is, state, message);
}
