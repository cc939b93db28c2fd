//! Many texts to their vectors: what needs no model is answered at once, the rest is shared out to the sessions.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use throughline_models::{EmbeddingModel, MissingModel};
use throughline_onnx::OnnxError;

use crate::session::Pool;
use crate::store::{StoreError, VectorStore};
use crate::tokens::{Pieces, Tokenizer};
use crate::vector::Vector;

/// Texts a run. More save nothing, and hold the session from others for longer.
const MAX_BATCH: usize = 32;

/// Why there are no vectors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    #[error(transparent)]
    Missing(#[from] MissingModel),
    #[error("the embedding model can't be loaded: {0}")]
    Load(#[from] OnnxError),
    #[error("the tokenizer failed: {0}")]
    Tokenizer(String),
    #[error("the embedding model failed: {0}")]
    Run(String),
}

/// Turns texts into vectors. Shared by reference: calls from several threads share its sessions.
pub struct Embedder {
    model_sha256: String,
    tokenizer: Tokenizer,
    threads: usize,
    pool: Pool,
    store: Option<VectorStore>,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder").field("threads", &self.threads).field("store", &self.store).finish_non_exhaustive()
    }
}

impl Embedder {
    /// Loads the model, with a session of one thread for each of `threads` (at least one). Blocks on the disk.
    pub fn load(model: &EmbeddingModel, threads: usize) -> Result<Self, EmbedError> {
        let threads = threads.max(1);
        let environment = throughline_onnx::environment(&model.runtime_library)?;
        let sessions: Result<Vec<_>, OnnxError> =
            (0..threads).map(|_| throughline_onnx::session(&environment, &model.model)).collect();
        Ok(Self {
            model_sha256: model.sha256.clone(),
            tokenizer: Tokenizer::new().map_err(|e| EmbedError::Tokenizer(e.to_string()))?,
            threads,
            pool: Pool::new(sessions?),
            store: None,
        })
    }

    /// Takes the vectors of texts that are in `store` from there. They are quantised ones: see [`crate::Quantized`].
    pub fn with_store(self, store: VectorStore) -> Result<Self, StoreError> {
        let stored = store.model_sha256();
        if stored != self.model_sha256 {
            return Err(StoreError::OtherModel { stored, loaded: self.model_sha256 });
        }
        Ok(Self { store: Some(store), ..self })
    }

    /// sha256 of the model, in lower-case hexadecimal: vectors of different models don't compare.
    pub fn model_sha256(&self) -> &str {
        &self.model_sha256
    }

    /// The vectors of `texts`, in their order. A text of space alone has the zero vector; of a text longer than
    /// [`crate::MAX_TOKENS`] the beginning counts. Blocks: some milliseconds a text and thread.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vector>, EmbedError> {
        let mut vectors = vec![Vector::ZERO; texts.len()];
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, text) in texts.iter().map(|text| text.trim()).enumerate().filter(|(_, text)| !text.is_empty()) {
            places.entry(text).or_default().push(place);
        }
        let mut jobs = Vec::new();
        for (text, places) in &places {
            match self.store.as_ref().and_then(|store| store.get(text)) {
                Some(vector) => put(&mut vectors, places, vector),
                None => jobs.push(Job { pieces: self.tokenizer.pieces(text).map_err(failed)?, places }),
            }
        }
        self.run_all(jobs, &mut vectors)?;
        Ok(vectors)
    }

    /// What some words mean in their text, as the model sees them there: the mean over their tokens only, of length 1; by
    /// text and the bytes of the words in it. The zero vector for words behind the beginning that counts. Blocks.
    pub fn embed_words(&self, words: &[(&str, Range<usize>)]) -> Result<Vec<Vector>, EmbedError> {
        let mut vectors = vec![Vector::ZERO; words.len()];
        let places: Vec<[usize; 1]> = (0..words.len()).map(|place| [place]).collect();
        let mut jobs = Vec::new();
        for ((text, bytes), places) in words.iter().zip(&places) {
            jobs.push(Job { pieces: self.tokenizer.pieces_of(text, bytes).map_err(failed)?, places });
        }
        self.run_all(jobs, &mut vectors)?;
        Ok(vectors)
    }

    fn run_all(&self, mut jobs: Vec<Job<'_>>, vectors: &mut [Vector]) -> Result<(), EmbedError> {
        let length = |job: &Job<'_>| job.pieces.ids.len();
        // The longest first, so that none is left to run alone at the end.
        jobs.sort_by_key(|job| std::cmp::Reverse(length(job)));
        let batches: Vec<&[Job<'_>]> =
            jobs.chunk_by(|a, b| length(a) == length(b)).flat_map(|same| same.chunks(MAX_BATCH)).collect();
        for (job, vector) in self.run(&batches)? {
            put(vectors, job.places, vector);
        }
        Ok(())
    }

    /// Shares `batches` out to the sessions.
    fn run<'a>(&self, batches: &[&'a [Job<'a>]]) -> Result<Vec<(&'a Job<'a>, Vector)>, EmbedError> {
        if batches.is_empty() {
            return Ok(Vec::new());
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            let mut session = self.pool.lease();
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let pieces: Vec<&Pieces> = batch.iter().map(|job| &job.pieces).collect();
                done.extend(batch.iter().zip(session.run(&pieces)?));
            }
            Ok(done)
        };
        let parts: Result<Vec<_>, String> = thread::scope(|scope| {
            let helpers: Vec<_> = (1..self.threads.min(batches.len())).map(|_| scope.spawn(work)).collect();
            let own = work();
            let joined = helpers.into_iter().map(|helper| helper.join().unwrap_or(Err("it broke down".to_owned())));
            std::iter::once(own).chain(joined).collect()
        });
        Ok(parts.map_err(EmbedError::Run)?.into_iter().flatten().collect())
    }
}

/// A text to run, and the places its vector goes to.
struct Job<'a> {
    pieces: Pieces,
    places: &'a [usize],
}

fn failed(error: tokenizers::Error) -> EmbedError {
    EmbedError::Tokenizer(error.to_string())
}

fn put(vectors: &mut [Vector], places: &[usize], vector: Vector) {
    for place in places {
        if let Some(slot) = vectors.get_mut(*place) {
            *slot = vector;
        }
    }
}
