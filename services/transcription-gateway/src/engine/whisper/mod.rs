//! Whisper in this process, by whisper.cpp: slower than the embedded engine, better on hard speech, and for a hundred
//! languages. For recordings only, since each segment costs the model's whole window of 30 s.
//!
//! Owns: where its model is found, what is asked of it, and its words with their times. Does not own: whose turn it is
//! (see `router`), or whether the words are to be believed (see `guard`).
//!
//! Times of words come from the alignment of cross-attention with the sound (dynamic time warping). whisper.cpp's other
//! times of tokens are partly spread evenly over what lies between two it knows, so they are not used.

mod model;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use whisper_rs::{FullParams, SamplingStrategy, WhisperError, WhisperState, get_lang_str};

use super::pool::{Pool, Recogniser, Size};
use super::request::RATE_HZ;
use super::segmenter::MAX_SEGMENT_MS;
use super::{Capabilities, EngineError, Recognition, Request, SpeechEngine, heard, language};
use model::Model;
use words::{Token, told};

/// Shorter sound is filled up with silence; whisper.cpp refuses less than 100 ms.
const MIN_SAMPLES: usize = RATE_HZ;
/// The model reads no more of a prompt.
const MAX_PROMPT_TOKENS: usize = 200;
/// Finished segments that may wait; their senders wait with them.
const QUEUE: usize = 16;
const WAIT: Duration = Duration::from_secs(30);

/// How it is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of the models.
    pub models_dir: PathBuf,
    /// Id of the model, for example `whisper-base-en`.
    pub model: String,
    /// Recognisers, each with its thread; they share the weights.
    pub workers: usize,
}

/// The engine. The model is loaded when it is first needed.
pub struct Whisper {
    settings: Settings,
    pool: Pool<Listener>,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Whisper {
    /// An engine that loads its model when it is first needed.
    pub fn new(settings: Settings) -> Self {
        let size = Size { workers: settings.workers, queue: QUEUE, wait: WAIT };
        Self { settings, pool: Pool::new(size) }
    }
}

/// The models of this process: each is loaded once, whoever declared an engine of it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Whispers {
    models_dir: PathBuf,
    workers: usize,
    loaded: Arc<Mutex<BTreeMap<String, Arc<Whisper>>>>,
}

impl Whispers {
    /// None yet. Each gets `workers` recognisers.
    pub fn new(models_dir: PathBuf, workers: usize) -> Self {
        Self { models_dir, workers, loaded: Arc::default() }
    }

    /// The engine of a model.
    pub fn engine(&self, model: &str) -> Arc<Whisper> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let (models_dir, model) = (self.models_dir.clone(), model.to_owned());
            Arc::new(Whisper::new(Settings { models_dir, model, workers: self.workers }))
        };
        Arc::clone(loaded.entry(model.to_owned()).or_insert_with(new))
    }

    /// Ends them, after the work at hand.
    pub async fn stop(&self) {
        let loaded = std::mem::take(&mut *self.loaded.lock().unwrap_or_else(PoisonError::into_inner));
        for engine in loaded.into_values() {
            engine.stop().await;
        }
    }
}

#[async_trait]
impl SpeechEngine for Whisper {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.settings.model)
    }

    fn capabilities(&self) -> Capabilities {
        let languages = if model::is_english_only(&self.settings.model) {
            vec!["en".to_owned()]
        } else {
            language::all().map(str::to_owned).collect()
        };
        Capabilities {
            languages,
            max_segment_ms: MAX_SEGMENT_MS,
            partials: false,
            word_times: true,
            punctuation: true,
            live: false,
            batch: true,
        }
    }

    async fn prepare(&self) -> Result<(), EngineError> {
        let settings = self.settings.clone();
        self.pool.prepare(move || Model::load(&settings.models_dir, &settings.model)).await
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

/// One recogniser: a state over the shared weights.
struct Listener {
    model: Arc<Model>,
    state: WhisperState,
    /// Parameters by language. The binding never frees a language it was told, so each is told once.
    parameters: Vec<(String, FullParams<'static, 'static>)>,
}

impl Recogniser for Listener {
    type Weights = Model;

    fn load(model: &Arc<Model>) -> Result<Self, EngineError> {
        let state = model.context.create_state().map_err(failed)?;
        Ok(Self { model: Arc::clone(model), state, parameters: Vec::new() })
    }

    fn recognise(&mut self, request: &Request) -> Result<Recognition, EngineError> {
        let mut samples = Cow::Borrowed(&*request.samples);
        if samples.len() < MIN_SAMPLES {
            samples.to_mut().resize(MIN_SAMPLES, 0.0);
        }
        let language = self.language(request, &samples)?;
        let prompt = self.prompt(&request.vocabulary);
        let mut parameters: FullParams<'_, '_> = self.parameters(&language);
        parameters.set_tokens(&prompt);
        self.state.full(parameters, &samples).map_err(failed)?;
        let (text, tokens) = self.heard(request.audio_ms());
        heard::recognition(request, &text, told(&tokens), Some(language))
    }
}

impl Listener {
    /// The language to listen for: the one that is known, else the likeliest.
    fn language(&mut self, request: &Request, samples: &[f32]) -> Result<String, EngineError> {
        if !self.model.context.is_multilingual() {
            return Ok("en".to_owned());
        }
        let known = request.language.as_deref().and_then(language::primary);
        if let Some(known) = known.filter(|known| language::all().any(|tag| tag == known)) {
            return Ok(known);
        }
        self.state.pcm_to_mel(samples, 1).map_err(failed)?;
        let (id, _) = self.state.lang_detect(0, 1).map_err(failed)?;
        get_lang_str(id)
            .map(|code| model::tag(code).to_owned())
            .ok_or_else(|| EngineError::Failed("it found no language".to_owned()))
    }

    /// The names that may come up, as tokens; the most important ones last, where the model remembers them best.
    fn prompt(&self, vocabulary: &[String]) -> Vec<i32> {
        let mut tokens = Vec::new();
        for name in vocabulary {
            // A name that is too long for a prompt or holds a NUL is left out.
            let Ok(mut more) = self.model.context.tokenize(&format!(" {name},"), MAX_PROMPT_TOKENS) else { continue };
            if more.len() + tokens.len() > MAX_PROMPT_TOKENS {
                break;
            }
            more.append(&mut tokens);
            tokens = more;
        }
        tokens
    }

    fn parameters(&mut self, language: &str) -> FullParams<'static, 'static> {
        if let Some((_, known)) = self.parameters.iter().find(|(known, _)| known == language) {
            return known.clone();
        }
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 2 });
        parameters.set_n_threads(1);
        // Of the table, since what the binding is told must live as long as the process.
        let known = language::all().find(|tag| *tag == language).unwrap_or("en");
        parameters.set_language(Some(model::code(known)));
        parameters.set_no_context(true);
        parameters.set_suppress_nst(true);
        parameters.set_print_special(false);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_timestamps(false);
        self.parameters.push((language.to_owned(), parameters.clone()));
        parameters
    }

    /// Text and tokens of what was just recognised in so much sound.
    fn heard(&self, audio_ms: u64) -> (String, Vec<Token>) {
        let end_of_text = self.model.context.token_eot();
        let (mut bytes, mut tokens) = (Vec::new(), Vec::new());
        for segment in self.state.as_iter() {
            // The model hears a window of its own length, and may end an utterance behind the sound.
            let end_ms = (segment.end_timestamp() * 10).min(i64::try_from(audio_ms).unwrap_or(i64::MAX));
            let spoken = (0..segment.n_tokens()).filter_map(|index| segment.get_token(index));
            for token in spoken.filter(|token| token.token_id() < end_of_text) {
                let Ok(text) = token.to_bytes() else { continue };
                let data = token.token_data();
                bytes.extend_from_slice(text);
                tokens.push(Token { bytes: text.to_vec(), start_ms: data.t_dtw * 10, end_ms, probability: data.p });
            }
        }
        // A character may be spread over tokens, so bytes are joined before they are read as text.
        (String::from_utf8_lossy(&bytes).into_owned(), tokens)
    }
}

fn failed(error: WhisperError) -> EngineError {
    EngineError::Failed(error.to_string())
}

#[cfg(test)]
mod tests;
