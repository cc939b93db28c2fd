//! All engines of a workspace for one recording or stream, as one engine that helps itself.
//!
//! A segment is recognised by one engine and no other: an engine that fails, or does not answer in time, has its answer
//! dropped before the next is asked. So there is no gap and no word twice, whoever fails when.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::Router;
use super::gate::Gate;
use super::table::What;
use crate::domain::engine::Mode;
use crate::engine::{Capabilities, EngineError, Recognition, Request, SpeechEngine, Urgency};

/// Shortest and longest wait before all engines are asked again.
const WAITS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// For whom and what speech is recognised.
#[derive(Debug, Clone)]
pub struct Ask {
    pub workspace: String,
    pub mode: Mode,
    /// BCP 47 tag of what is probably spoken; `None` where nobody knows.
    pub language: Option<String>,
    /// Names that may come up; see [`Request::vocabulary`].
    pub vocabulary: Arc<[String]>,
}

impl Ask {
    /// Of which nothing is known beforehand.
    pub fn new(workspace: &str, mode: Mode) -> Self {
        Self { workspace: workspace.to_owned(), mode, language: None, vocabulary: Arc::default() }
    }
}

/// The engines for one recording or stream.
pub struct Session {
    router: Arc<Router>,
    ask: Ask,
    /// Names of those that recognised something, in order of first use.
    used: Mutex<Vec<String>>,
}

impl Session {
    pub(super) fn new(router: Arc<Router>, ask: Ask) -> Self {
        Self { router, ask, used: Mutex::default() }
    }

    /// What would be asked now, best first. Found anew for each segment, so that a change counts at once.
    fn candidates(&self, urgency: Urgency, language: Option<&str>, audio_ms: u64) -> Vec<Arc<Gate>> {
        let what = What { urgency, language: language.map(str::to_owned), audio_ms };
        self.router.table().candidates(&self.ask, &what, &self.router.built_in)
    }

    fn any(&self) -> Vec<Arc<Gate>> {
        self.candidates(self.urgency(), self.ask.language.as_deref(), 0)
    }

    fn urgency(&self) -> Urgency {
        match self.ask.mode {
            Mode::Live => Urgency::Live,
            Mode::Batch => Urgency::Recording,
        }
    }

    fn unserved(&self, language: Option<&str>) -> EngineError {
        let mode = match self.ask.mode {
            Mode::Live => "live speech",
            Mode::Batch => "recordings",
        };
        EngineError::Unserved(language.map_or_else(|| mode.to_owned(), |language| format!("{mode} in {language}")))
    }

    /// Asks each candidate once: those that have room, then those that have a place in their queue.
    async fn round(&self, request: &Request, deadline: Instant) -> Result<Recognition, EngineError> {
        let urgency = request.urgency;
        let candidates = self.candidates(urgency, request.language.as_deref(), request.audio_ms());
        let (free, full): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|gate| gate.has_room(urgency));
        let mut failed: Vec<(&Arc<Gate>, EngineError)> = Vec::new();
        for (index, gate) in free.iter().chain(&full).enumerate() {
            // Those that are left share the time that is left.
            let left = u32::try_from(free.len() + full.len() - index).unwrap_or(1);
            let patience = if index < free.len() { Duration::ZERO } else { remaining(deadline) / left };
            match gate.recognise(request.clone(), patience).await {
                Ok(recognition) => {
                    failed.iter().for_each(|(other, _)| other.helped_out());
                    return Ok(self.heard(gate, request, recognition));
                }
                Err(error) if error.another_may_help() && urgency != Urgency::Partial => {
                    tracing::debug!(engine = gate.id(), %error, "a segment goes to the next speech engine");
                    failed.push((gate, error));
                }
                Err(error) => return Err(error),
            }
        }
        let errors = failed.into_iter().map(|(_, error)| error);
        Err(most_telling(errors).unwrap_or_else(|| self.unserved(request.language.as_deref())))
    }

    fn heard(&self, gate: &Gate, request: &Request, mut recognition: Recognition) -> Recognition {
        if request.urgency != Urgency::Partial && !recognition.text.is_empty() {
            let name = gate.name();
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            if !used.contains(&name) {
                used.push(name);
            }
        }
        // What was asked for is what it listened for.
        recognition.language = recognition.language.or_else(|| request.language.clone());
        recognition
    }
}

#[async_trait]
impl SpeechEngine for Session {
    /// All that recognised something, in order of first use; before that, who would be asked first.
    fn name(&self) -> Cow<'_, str> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner).join(", ");
        if !used.is_empty() {
            return used.into();
        }
        self.any().first().map(|gate| gate.name()).unwrap_or_default().into()
    }

    fn capabilities(&self) -> Capabilities {
        let none = Capabilities {
            languages: Vec::new(),
            max_segment_ms: 0,
            partials: false,
            word_times: false,
            punctuation: false,
            live: false,
            batch: false,
        };
        self.any().first().and_then(|gate| gate.capabilities()).unwrap_or(none)
    }

    /// Good as soon as one engine is. A recording is taken in while all are away: it waits for them.
    async fn prepare(&self) -> Result<(), EngineError> {
        let mut failed = Vec::new();
        for gate in self.any() {
            let away = gate.is_away().filter(|_| self.ask.mode == Mode::Live);
            match away.map_or(Ok(()), Err).and(gate.prepare().await) {
                Ok(()) => return Ok(()),
                Err(error) => failed.push(error),
            }
        }
        match most_telling(failed) {
            Some(EngineError::Unavailable { .. }) if self.ask.mode == Mode::Batch => Ok(()),
            Some(error) => Err(error),
            None => Err(self.unserved(self.ask.language.as_deref())),
        }
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        let Request { samples, urgency, language, vocabulary } = request;
        let language = language.or_else(|| self.ask.language.clone());
        let vocabulary = if vocabulary.is_empty() { Arc::clone(&self.ask.vocabulary) } else { vocabulary };
        let request = Request { samples, urgency, language, vocabulary };
        let deadline = Instant::now() + self.router.patience(urgency);
        loop {
            let changed = self.router.changed.notified();
            let error = match self.round(&request, deadline).await {
                Ok(recognition) => return Ok(recognition),
                Err(error) => error,
            };
            let left = remaining(deadline);
            if left.is_zero() || !error.is_transient() || matches!(error, EngineError::Stopped) {
                return Err(error);
            }
            let [shortest, longest] = WAITS;
            let wait = error.retry_after().unwrap_or(longest).clamp(shortest, longest).min(left);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // An engine that is declared meanwhile may be the one that answers.
                () = changed => {}
            }
        }
    }

    fn has_room(&self) -> bool {
        self.any().iter().any(|gate| gate.has_room(self.urgency()))
    }

    /// Nothing: the engines are the router's.
    async fn stop(&self) {}
}

fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Of the errors of all candidates, best first, the one that tells what to do: come again, if that helps with any of
/// them, as soon as the first one says; else what the best one said.
fn most_telling(errors: impl IntoIterator<Item = EngineError>) -> Option<EngineError> {
    let errors: Vec<EngineError> = errors.into_iter().collect();
    let rank = |error: &EngineError| match error {
        EngineError::Stopped => 0,
        EngineError::Busy { .. } => 1,
        EngineError::Unavailable { .. } => 2,
        _ => 3,
    };
    let soonest = |error: &EngineError| error.retry_after().unwrap_or(Duration::MAX);
    errors.into_iter().enumerate().min_by_key(|(index, error)| (rank(error), soonest(error), *index)).map(|(_, e)| e)
}
