//! Vectors for transcripts and trained classifiers for revisions, where the embedding model is on this machine.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use throughline_embeddings::{EmbedError, Embedder, Vector, VectorStore};
use throughline_models::{Manifest, locate_embeddings};
use throughline_rpc::Error;

use crate::domain::call::{Call, Transcript};
use crate::domain::evaluate::{Revision, Vectors};
use crate::domain::evaluation::Evaluation;
use crate::domain::explain::Explanation;
use crate::domain::facts::competitors::{self, Place, States};
use crate::domain::learn::{self, Labelled, Material, Model};
use crate::domain::target::Target;
use crate::domain::text::TurnText;

/// Vectors of the starter set's turns and of the examples in the sample playbooks, so that training takes seconds.
const STORE: &[u8] = include_bytes!("../starter/vectors.bin");

/// Where the embedding model is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddingsConfig {
    /// Without it playbooks learn nothing from examples: rules stand alone.
    pub enabled: bool,
    /// Folder of the models; empty for the user's cache folder.
    pub models_dir: PathBuf,
    /// ONNX Runtime to use instead of the pulled one; empty for that.
    pub runtime_library: PathBuf,
    /// Sessions of one thread each; 0 for one a core.
    pub threads: usize,
}

impl Default for EmbeddingsConfig {
    fn default() -> Self {
        Self { enabled: true, models_dir: PathBuf::new(), runtime_library: PathBuf::new(), threads: 0 }
    }
}

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Learner {
    /// None where the model is missing.
    embedder: Option<Arc<Embedder>>,
    /// Vectors of turns and names that were read lately: live calls are read again and again, and by every playbook. By the
    /// digest of the words: what a purge takes elsewhere must not stay here.
    recent: Arc<Mutex<HashMap<Digest, Vector>>>,
}

type Digest = [u8; 32];

/// A turn, or a name in what was said around it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Passage<'t> {
    text: &'t str,
    name: Option<Range<usize>>,
}

impl<'t> Passage<'t> {
    fn turn(text: &'t str) -> Self {
        Self { text, name: None }
    }

    fn name(place: &'t Place) -> Self {
        Self { text: &place.text, name: Some(place.name.clone()) }
    }

    fn digest(&self) -> Digest {
        let mut digest = Sha256::new();
        if let Some(name) = &self.name {
            digest.update(name.start.to_le_bytes());
            digest.update(name.end.to_le_bytes());
        }
        digest.update(self.text);
        digest.finalize().into()
    }
}

/// Most vectors kept, 1.5 KiB each; all are dropped when there would be more.
const MAX_RECENT: usize = 4_096;

impl Learner {
    /// Loads the embedding model, where it is enabled. Where it is missing, everything goes on without it, and says so.
    ///
    /// # Errors
    /// When the model is there and can't be loaded.
    pub fn load(config: &EmbeddingsConfig) -> anyhow::Result<Self> {
        if !config.enabled {
            return Ok(Self::without());
        }
        let given = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
        let dir =
            given(&config.models_dir).or_else(throughline_models::default_dir).context("embeddings.models_dir")?;
        let manifest = Manifest::embedded()?;
        let model = match locate_embeddings(&manifest, &dir, given(&config.runtime_library)) {
            Ok(model) => model,
            Err(missing) => {
                tracing::warn!("what playbooks learn from examples is left out: {missing}");
                return Ok(Self::without());
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let embedder = Embedder::load(&model, if config.threads == 0 { cores } else { config.threads })?;
        let embedder = embedder.with_store(VectorStore::open(STORE)?)?;
        Ok(Self { embedder: Some(Arc::new(embedder)), recent: Arc::default() })
    }

    /// One that learns nothing: rules stand alone.
    pub fn without() -> Self {
        Self { embedder: None, recent: Arc::default() }
    }

    /// SHA-256 of the embedding model; empty without one.
    pub fn embedding_sha256(&self) -> &str {
        self.embedder.as_ref().map_or("", |embedder| embedder.model_sha256())
    }

    /// What the embedding model makes of a call, where `revision` has a model that goes by it. Blocks.
    ///
    /// # Errors
    /// When the embedding model fails.
    pub fn vectors(
        &self,
        revision: &Revision,
        call: &Call,
        transcript: &Transcript,
    ) -> Result<Option<Vectors>, EmbedError> {
        let (Some(embedder), Some(model)) = (&self.embedder, &revision.model) else { return Ok(None) };
        if model.embedding_sha256 != embedder.model_sha256() {
            return Ok(None);
        }
        vectors(revision, call, transcript, embedder, |passages| self.embed(embedder, passages)).map(Some)
    }

    /// The vectors of passages, most of which may have been read lately.
    fn embed(&self, embedder: &Embedder, passages: &[Passage<'_>]) -> Result<Vec<Vector>, EmbedError> {
        let unread: Vec<Passage<'_>> = {
            let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            passages.iter().filter(|passage| !recent.contains_key(&passage.digest())).cloned().collect()
        };
        let read = embed(embedder, &unread)?;
        let fresh: HashMap<&Passage<'_>, Vector> = unread.iter().zip(read).collect();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let vector = |passage: &Passage<'_>| fresh.get(passage).or_else(|| recent.get(&passage.digest())).copied();
        let vectors: Option<Vec<Vector>> = passages.iter().map(vector).collect();
        if recent.len() + fresh.len() > MAX_RECENT {
            recent.clear();
        }
        recent.extend(fresh.into_iter().take(MAX_RECENT).map(|(passage, vector)| (passage.digest(), vector)));
        drop(recent);
        // Another call may have dropped what this one relied on.
        vectors.map_or_else(|| embed(embedder, passages), Ok)
    }

    /// Lets go of the vectors of turns.
    pub fn forget(&self) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Evaluates a call with what was learned; by rules alone, with a note, where the embedding model fails. Blocks.
    pub fn evaluate(&self, revision: &Revision, call: &Call, transcript: &Transcript) -> Evaluation {
        let vectors = self.vectors_or_none(revision, call, transcript);
        revision.evaluate(call, transcript, vectors.as_ref())
    }

    /// Explains one target of an evaluation. Blocks.
    pub fn explain(
        &self,
        revision: &Revision,
        call: &Call,
        transcript: &Transcript,
        of: &Target,
    ) -> Option<Explanation> {
        let vectors = self.vectors_or_none(revision, call, transcript);
        revision.explain(call, transcript, vectors.as_ref(), of)
    }

    fn vectors_or_none(&self, revision: &Revision, call: &Call, transcript: &Transcript) -> Option<Vectors> {
        self.vectors(revision, call, transcript).unwrap_or_else(|error| {
            tracing::error!(transcript = transcript.name, "what was learned is left out: {error}");
            None
        })
    }

    /// What the embedding model makes of the plausible names of a call; none without the model. Blocks.
    ///
    /// # Errors
    /// When the embedding model fails.
    pub fn name_states(&self, call: &Call, transcript: &Transcript) -> Result<Option<States>, EmbedError> {
        let embedder = self.embedder.as_deref();
        embedder.map(|embedder| states(call, transcript, |passages| embed(embedder, passages))).transpose()
    }

    /// Trains the classifiers of a revision on the starter set and the workspace's `labelled` calls. None without examples
    /// or without the embedding model. Blocks for seconds.
    ///
    /// # Errors
    /// When the embedding model fails.
    pub fn train(&self, revision: &Revision, labelled: Vec<Labelled>) -> Result<Option<Model>, Error> {
        let mut calls = learn::starter().map_err(Error::internal)?;
        calls.extend(labelled);
        self.train_on(revision, &calls)
    }

    /// Trains on these calls and no others.
    ///
    /// # Errors
    /// When the embedding model fails.
    pub fn train_on(&self, revision: &Revision, calls: &[Labelled]) -> Result<Option<Model>, Error> {
        let Some(embedder) = &self.embedder else { return Ok(None) };
        if !revision.learns() {
            return Ok(None);
        }
        let vectors: Result<Vec<_>, _> = calls.iter().map(|call| turns(embedder, &call.transcript)).collect();
        let vectors = vectors.map_err(Error::internal)?;
        let examples = embedder.embed(&learn::example_texts(revision)).map_err(Error::internal)?;
        let embedding_sha256 = embedder.model_sha256();
        let material = Material { calls, vectors: &vectors, examples: &examples, embedding_sha256 };
        learn::train(revision, &material).map_err(Error::internal)
    }
}

/// What `embedder` makes of a call, all of it made on the spot. Blocks.
///
/// # Errors
/// When the embedding model fails.
pub fn vectors_of(
    embedder: &Embedder,
    revision: &Revision,
    call: &Call,
    transcript: &Transcript,
) -> Result<Vectors, EmbedError> {
    vectors(revision, call, transcript, embedder, |passages| embed(embedder, passages))
}

fn vectors(
    revision: &Revision,
    call: &Call,
    transcript: &Transcript,
    embedder: &Embedder,
    embed: impl Fn(&[Passage<'_>]) -> Result<Vec<Vector>, EmbedError>,
) -> Result<Vectors, EmbedError> {
    let turns = embed(&words(transcript).map(Passage::turn).collect::<Vec<_>>())?;
    let reads_names = revision.names.embedding_sha256 == embedder.model_sha256();
    let names = reads_names.then(|| states(call, transcript, embed)).transpose()?;
    Ok(Vectors { turns, names })
}

fn states(
    call: &Call,
    transcript: &Transcript,
    embed: impl Fn(&[Passage<'_>]) -> Result<Vec<Vector>, EmbedError>,
) -> Result<States, EmbedError> {
    let places = competitors::places(call, transcript, &TurnText::read_all(words(transcript)));
    let states = embed(&places.iter().map(Passage::name).collect::<Vec<_>>())?;
    Ok(States::new(places, states))
}

fn embed(embedder: &Embedder, passages: &[Passage<'_>]) -> Result<Vec<Vector>, EmbedError> {
    let turns: Vec<&str> = passages.iter().filter(|passage| passage.name.is_none()).map(|turn| turn.text).collect();
    let names: Vec<(&str, Range<usize>)> =
        passages.iter().filter_map(|passage| Some((passage.text, passage.name.clone()?))).collect();
    let (mut turns, mut names) = (embedder.embed(&turns)?.into_iter(), embedder.embed_words(&names)?.into_iter());
    let next = |passage: &Passage<'_>| if passage.name.is_none() { turns.next() } else { names.next() };
    Ok(passages.iter().map(next).map(|vector| vector.unwrap_or(Vector::ZERO)).collect())
}

fn turns(embedder: &Embedder, transcript: &Transcript) -> Result<Vec<Vector>, EmbedError> {
    embedder.embed(&words(transcript).collect::<Vec<_>>())
}

fn words(transcript: &Transcript) -> impl Iterator<Item = &str> {
    transcript.turns.iter().map(|turn| turn.text.as_str())
}

/// SHA-256 of the vectors of the starter set, which change with it.
pub fn starter_sha256() -> [u8; 32] {
    Sha256::digest(STORE).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lint::lint;

    const AGENDA: &str = "
id: agenda
title: Agenda
motion: {segmentation: a, prioritisation: b, relationship_objective: c, selling_model: d, channel: e}
behaviors:
  - id: agenda_set
    description: The rep sets an agenda.
    due: {share: 0.1}
    detect: {examples: {starter: agenda_set}}
";

    #[test]
    fn every_text_of_the_starter_set_and_the_sample_has_its_vector() {
        let store = VectorStore::open(STORE).unwrap();
        let sample = lint(include_str!("../../../samples/playbooks/regulated-enterprise.yaml")).revision.unwrap();
        let calls = learn::starter().unwrap();
        let turns = calls.iter().flat_map(|call| words(&call.transcript));
        let missing = turns.chain(learn::example_texts(&sample)).map(str::trim).filter(|text| !text.is_empty());
        let missing: Vec<&str> = missing.filter(|text| store.get(text).is_none()).take(5).collect();
        assert!(missing.is_empty(), "run `cargo run -p playbook-evaluator --example starter_vectors`: {missing:?}");
    }

    #[test]
    fn what_is_learned_holds_on_authors_that_were_left_out_and_is_the_same_twice() {
        let learner = Learner::load(&EmbeddingsConfig::default()).unwrap();
        assert!(!learner.embedding_sha256().is_empty(), "run `throughline models pull`");
        let revision = lint(AGENDA).revision.unwrap();
        let calls: Vec<Labelled> = learn::starter().unwrap().into_iter().step_by(4).collect();
        let model = learner.train_on(&revision, &calls).unwrap().unwrap();
        let measured = model.lessons[0].measured;
        assert!(measured.kappa > 0.5, "{measured:?}");
        assert_eq!(learner.train_on(&revision, &calls).unwrap(), Some(model));
    }

    #[test]
    fn names_are_read_with_the_model_that_their_weights_are_for() {
        let learner = Learner::load(&EmbeddingsConfig::default()).unwrap();
        assert_eq!(competitors::Learned::shipped().embedding_sha256, learner.embedding_sha256());
        let calls: Vec<Labelled> = learn::starter().unwrap().into_iter().step_by(20).collect();
        let revision = lint(AGENDA).revision.unwrap();
        let model = learner.train_on(&revision, &calls).unwrap();
        let revision = revision.with(model);
        let Labelled { call, transcript, .. } = &calls[0];
        let vectors = learner.vectors(&revision, call, transcript).unwrap().unwrap();
        assert_eq!(vectors.turns.len(), transcript.turns.len());
        assert_eq!(vectors.names, learner.name_states(call, transcript).unwrap());
        assert!(vectors.names.is_some_and(|states| states != States::default()), "no name was read");
        // What was read lately is taken from memory, whatever it says there.
        learner.recent.lock().unwrap().values_mut().for_each(|vector| *vector = Vector::ZERO);
        let again = learner.vectors(&revision, call, transcript).unwrap().unwrap();
        assert!(again.turns.iter().all(Vector::is_zero));
        assert_ne!(again.names, learner.name_states(call, transcript).unwrap());
    }

    #[test]
    fn without_the_model_a_call_is_evaluated_with_a_note() {
        let revision = lint(AGENDA).revision.unwrap();
        let call = learn::starter().unwrap().swap_remove(0);
        let found = Learner::without().evaluate(&revision, &call.call, &call.transcript);
        assert!(found.notes.iter().any(|note| note.contains("embedding model")), "{:?}", found.notes);
    }
}
