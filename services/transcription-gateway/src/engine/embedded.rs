//! The embedded engine: Moonshine in this process, with a bounded queue in front.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::spawn_blocking;

use super::moonshine::{NAME, Weights};
use super::queue::{Job, Queue};
use super::segmenter::MAX_SEGMENT_MS;
use super::{Capabilities, EngineError, Recognition, Request, SpeechEngine, Urgency, loader, pool};

/// All it understands.
const LANGUAGE: &str = "en";

/// How the embedded engine is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of the models.
    pub models_dir: PathBuf,
    /// ONNX Runtime to use instead of the pulled one.
    pub runtime_library: Option<PathBuf>,
    /// Recognisers, each with its thread and about 125 MB.
    pub workers: usize,
    /// Finished live segments that may wait.
    pub queue: usize,
    /// How long a finished segment waits for room before the stream is told to come again.
    pub wait: Duration,
}

/// The engine. Nothing is loaded before it is first needed, so that a gateway that only imports transcripts needs no
/// model, and a model that is pulled later is found without a restart.
pub struct Embedded {
    settings: Settings,
    queue: Arc<Queue>,
    threads: OnceCell<Mutex<Vec<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Embedded {
    /// An engine that loads its model when it is first needed.
    pub fn new(settings: Settings) -> Self {
        let workers = settings.workers.max(1);
        Self { queue: Arc::new(Queue::new(settings.queue, workers)), settings, threads: OnceCell::new() }
    }

    async fn load(&self) -> Result<Vec<JoinHandle<()>>, EngineError> {
        let (settings, queue) = (self.settings.clone(), Arc::clone(&self.queue));
        spawn_blocking(move || {
            let model = loader::find(&settings.models_dir, settings.runtime_library.as_deref())?;
            let environment = throughline_onnx::environment(&model.runtime_library)?;
            let weights = Arc::new(Weights::new(environment, &model)?);
            pool::start(settings.workers.max(1), &queue, &weights)
        })
        .await
        .unwrap_or_else(|e| Err(EngineError::Failed(e.to_string())))
    }
}

#[async_trait]
impl SpeechEngine for Embedded {
    fn name(&self) -> Cow<'_, str> {
        NAME.into()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            languages: vec![LANGUAGE.to_owned()],
            max_segment_ms: MAX_SEGMENT_MS,
            partials: true,
            word_times: false,
            punctuation: true,
            live: true,
            batch: true,
        }
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        self.threads.get_or_try_init(|| async { Ok(Mutex::new(self.load().await?)) }).await.map(|_| ())
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        let Request { samples, urgency, language: _, vocabulary: _ } = request;
        self.prepare().await?;
        let busy = || EngineError::Busy { retry_after: self.settings.wait };
        let lane = Arc::clone(self.queue.room(urgency));
        let room = match urgency {
            Urgency::Partial => lane.try_acquire_owned().map_err(|_| busy())?,
            Urgency::Recording => lane.acquire_owned().await.map_err(|_| EngineError::Stopped)?,
            Urgency::Live => tokio::time::timeout(self.settings.wait, lane.acquire_owned())
                .await
                .map_err(|_| busy())?
                .map_err(|_| EngineError::Stopped)?,
        };
        let (reply, answer) = oneshot::channel();
        self.queue.push(Job { samples, reply, _room: room }, urgency);
        let text = answer.await.unwrap_or(Err(EngineError::Stopped))?;
        Ok(Recognition { text, words: Vec::new(), language: Some(LANGUAGE.to_owned()) })
    }

    fn has_room(&self) -> bool {
        self.queue.room(Urgency::Live).available_permits() > 0
    }

    async fn stop(&self) {
        self.queue.close();
        let Some(threads) = self.threads.get() else { return };
        let threads = std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok()));
        if !joined.await.unwrap_or(false) {
            tracing::error!("a recogniser thread ended with a panic");
        }
    }
}
