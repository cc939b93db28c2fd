//! Telling apart the voices that share a channel, and knowing those that were enrolled.
//!
//! Owns: when the models are loaded and what happens without them, cutting segments where the voice changes, and which
//! participant a voice is. Does not own: how voices are told apart (`throughline-voices`), where enrolled voices are kept
//! (`store::voices`), or what is concluded from who is left (`domain::voices`).

mod cut;
mod live;
mod recording;
mod room;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use throughline_models::{Manifest, locate_voices};
use throughline_store::Db;
use throughline_voices::{Embedding, Models, VoiceError, same_person};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

pub use cut::{Part, cut};
pub use live::{HeardPart, Listener, Listening, is_shared, listen};
pub use recording::{Channel, Separated, separate, shared};
pub use room::Room;

use crate::domain::call::Participant;
use crate::domain::transcript::{Separation, Speaker};
use crate::domain::voices::{Candidate, candidates};
use crate::store;

/// How voices are told apart on this installation.
#[derive(Debug, Clone)]
pub struct Settings {
    pub models_dir: PathBuf,
    /// ONNX Runtime to use instead of the pulled one.
    pub runtime_library: Option<PathBuf>,
    /// Sessions, about 45 MB each.
    pub sessions: usize,
}

/// The models, loaded when they are first needed: a gateway that only imports transcripts needs none, and models that are
/// pulled later are found without a restart.
#[derive(Debug)]
pub struct Voices {
    settings: Settings,
    room: Room,
    models: OnceCell<(Arc<Models>, String)>,
}

/// An enrolled person who is on the call.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Id in the call.
    pub participant: String,
    pub embedding: Embedding,
}

/// A voice in a transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardVoice {
    /// Number of the voice on its channel.
    pub number: usize,
    /// Label in the call.
    pub label: String,
    /// That it is this voice and not another.
    pub confidence: f64,
    /// Whose it is, as far as is known.
    pub speaker: Speaker,
}

impl Voices {
    /// Nothing is loaded yet.
    pub fn new(settings: Settings) -> Self {
        Self { room: Room::new(settings.sessions), settings, models: OnceCell::new() }
    }

    /// The models, whether or not voices are told apart in calls.
    pub async fn models(&self) -> Result<Arc<Models>, VoiceError> {
        self.loaded().await.map(|(models, _)| Arc::clone(models))
    }

    /// Checksum of the model that embeddings are of: those of different models don't compare.
    pub async fn model_sha256(&self) -> Result<String, VoiceError> {
        self.loaded().await.map(|(_, sha256)| sha256.clone())
    }

    async fn loaded(&self) -> Result<&(Arc<Models>, String), VoiceError> {
        let settings = self.settings.clone();
        let load = move || {
            let manifest = Manifest::embedded().map_err(|e| VoiceError::Run(e.to_string()))?;
            let model = locate_voices(&manifest, &settings.models_dir, settings.runtime_library)?;
            Ok((Arc::new(Models::load(&model, settings.sessions)?), model.sha256))
        };
        let load = || async { spawn_blocking(load).await.unwrap_or_else(|e| Err(VoiceError::Run(e.to_string()))) };
        self.models.get_or_try_init(load).await
    }

    /// What voices can be known by in a call of these people. That there are no models must never cost a transcript.
    pub async fn of(
        &self,
        db: &Db,
        workspace: &str,
        participants: &[Participant],
        now: DateTime<Utc>,
    ) -> throughline_store::Result<Known> {
        if !store::settings::find(db.conn(), workspace).await?.settings.separate_voices {
            return Ok(Known::Not(Separation::Off));
        }
        match self.loaded().await {
            Err(error) => Ok(Known::Not(why(&error))),
            Ok((models, sha256)) => {
                let enrolled = store::voices::of(db.conn(), workspace, participants, sha256, now).await?;
                Ok(Known::Ready { models: Arc::clone(models), enrolled, room: self.room.clone() })
            }
        }
    }
}

/// What voices can be told apart and known by.
#[derive(Debug, Clone)]
pub enum Known {
    Ready { models: Arc<Models>, enrolled: Vec<Enrolled>, room: Room },
    Not(Separation),
}

/// What a transcript says of a failure.
pub fn why(error: &VoiceError) -> Separation {
    match error {
        VoiceError::Missing(missing) => {
            tracing::debug!(%missing, "voices are not told apart");
            Separation::ModelMissing
        }
        VoiceError::Load(_) | VoiceError::Run(_) => {
            tracing::warn!(%error, "voices are not told apart");
            Separation::Failed
        }
    }
}

/// Who may be among the voices on a shared channel, and how like the voices they are.
fn compared<'a>(
    voices: &[Embedding],
    participants: &'a [Participant],
    channels_tell: bool,
    enrolled: &[Enrolled],
) -> Vec<Candidate<'a>> {
    let likeness = |participant: &Participant| {
        let own = enrolled.iter().find(|enrolled| enrolled.participant == participant.id);
        let alike = |own: &Enrolled| voices.iter().map(|v| f64::from(same_person(v.cosine(&own.embedding)))).collect();
        own.map(alike).unwrap_or_default()
    };
    candidates(participants, channels_tell)
        .into_iter()
        .map(|participant| Candidate { participant, likeness: likeness(participant) })
        .collect()
}
