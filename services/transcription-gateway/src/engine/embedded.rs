//! The embedded engine: Moonshine in this process, with a bounded queue in front.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::moonshine::{Moonshine, NAME, Weights};
use super::pool::{Pool, Recogniser, Size};
use super::segmenter::MAX_SEGMENT_MS;
use super::{Capabilities, EngineError, Recognition, Request, SpeechEngine, loader};

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

/// The engine.
pub struct Embedded {
    settings: Settings,
    pool: Pool<Moonshine>,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Embedded {
    /// An engine that loads its model when it is first needed.
    pub fn new(settings: Settings) -> Self {
        let Settings { models_dir: _, runtime_library: _, workers, queue, wait } = settings;
        Self { settings, pool: Pool::new(Size { workers, queue, wait }) }
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
        let settings = self.settings.clone();
        self.pool
            .prepare(move || {
                let model = loader::find(&settings.models_dir, settings.runtime_library.as_deref())?;
                let environment = throughline_onnx::environment(&model.runtime_library)?;
                Weights::new(environment, &model)
            })
            .await
    }

    async fn recognise(&self, request: Request) -> Result<Recognition, EngineError> {
        self.prepare().await?;
        self.pool.recognise(request).await
    }

    fn has_room(&self) -> bool {
        self.pool.has_room()
    }

    async fn stop(&self) {
        self.pool.stop().await;
    }
}

impl Recogniser for Moonshine {
    type Weights = Weights;

    fn load(weights: &Arc<Weights>) -> Result<Self, EngineError> {
        Self::load(weights)
    }

    fn recognise(&mut self, request: &Request) -> Result<Recognition, EngineError> {
        let text = self.transcribe(&request.samples)?;
        Ok(Recognition { text, words: Vec::new(), language: Some(LANGUAGE.to_owned()) })
    }
}
