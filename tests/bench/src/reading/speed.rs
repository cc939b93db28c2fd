//! How fast calls are read, and by what spaCy reads the same words.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use playbook_evaluator::domain::call::{Call, Transcript};
use playbook_evaluator::domain::evaluate::Revision;
use playbook_evaluator::domain::playbook::detect::{Detect, DetectNode};
use playbook_evaluator::learner::vectors_of;
use serde::{Deserialize, Serialize};
use throughline_embeddings::Embedder;
use throughline_models::{Manifest, locate_embeddings};

use super::gold::Gold;
use crate::process::cpu_time;
use crate::repository;

/// Clock ticks are hundredths of a second: shorter than this tells little.
const AT_LEAST: Duration = Duration::from_secs(3);
const NINETY_MINUTES_MS: u32 = 90 * 60 * 1000;
const PEER: &str = "tests/bench/spacy_peer.py";

/// The embedding model without the store of vectors that ships with the product: it would know these calls.
pub fn embedder() -> anyhow::Result<Embedder> {
    let manifest = Manifest::embedded()?;
    let folder = throughline_models::default_dir().context("no folder of models")?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Embedder::load(&locate_embeddings(&manifest, &folder, None)?, cores)?)
}

/// Evaluates a call, with vectors made on the spot where there is an embedder.
fn read(revision: &Revision, embedder: Option<&Embedder>, call: &Call, transcript: &Transcript) -> anyhow::Result<()> {
    let vectors = embedder.map(|embedder| vectors_of(embedder, revision, call, transcript)).transpose()?;
    let evaluation = revision.evaluate(call, transcript, vectors.as_ref());
    ensure!(evaluation.behaviors.len() == revision.playbook.behaviors.len(), "{} was not evaluated", call.name);
    Ok(())
}

/// Turns a second of processor time, all threads.
pub fn turns_per_s_core(revision: &Revision, embedder: Option<&Embedder>, calls: &[Gold]) -> anyhow::Result<f64> {
    let (mut turns, before) = (0, cpu_time()?);
    loop {
        for gold in calls {
            read(revision, embedder, &gold.call.call, &gold.call.transcript)?;
            turns += gold.turns();
        }
        let spent = cpu_time()? - before;
        if spent >= AT_LEAST {
            return Ok(turns as f64 / spent.as_secs_f64());
        }
    }
}

/// Milliseconds on the clock for a call of ninety minutes, and its turns; the median of `times`.
pub fn ninety_minutes_ms(
    revision: &Revision,
    embedder: Option<&Embedder>,
    calls: &[Gold],
    times: usize,
) -> anyhow::Result<(f64, usize)> {
    let (call, transcript) = ninety_minutes(calls)?;
    let mut taken = Vec::new();
    for _ in 0..times.max(1) {
        let started = Instant::now();
        read(revision, embedder, &call, &transcript)?;
        taken.push(started.elapsed().as_secs_f64() * 1e3);
    }
    taken.sort_by(f64::total_cmp);
    Ok((taken.get(taken.len() / 2).copied().unwrap_or_default(), transcript.turns.len()))
}

/// Calls one after the other until it lasts ninety minutes. Where they are too few they come again, each text with a number
/// after it, so that none is read only once.
fn ninety_minutes(calls: &[Gold]) -> anyhow::Result<(Call, Transcript)> {
    let first = &calls.first().context("no call")?.call;
    let mut whole = Transcript { turns: Vec::new(), ..first.transcript.clone() };
    whole.duration_ms = 0;
    ensure!(calls.iter().any(|gold| gold.call.transcript.duration_ms > 0), "the calls carry no times");
    for (number, gold) in calls.iter().cycle().enumerate() {
        let round = number / calls.len();
        for turn in &gold.call.transcript.turns {
            let mut turn = turn.clone();
            turn.index = u32::try_from(whole.turns.len())?;
            turn.start_ms += whole.duration_ms;
            turn.end_ms += whole.duration_ms;
            if round > 0 {
                turn.text.push_str(&format!(" {round}"));
            }
            whole.turns.push(turn);
        }
        whole.duration_ms += gold.call.transcript.duration_ms;
        if whole.duration_ms >= NINETY_MINUTES_MS {
            break;
        }
    }
    whole.turns.retain(|turn| turn.start_ms < NINETY_MINUTES_MS);
    Ok((first.call.clone(), whole))
}

/// Phrases as they stand in the document, with the words allowed between theirs.
#[derive(Serialize)]
struct Phrases<'a> {
    gap: usize,
    of: &'a [String],
}

/// All phrases of a playbook: those of phrases, questions and commitments.
fn phrases(revision: &Revision) -> Vec<Phrases<'_>> {
    let playbook = &revision.playbook;
    let letters = playbook.qualification.iter().flat_map(|qualification| &qualification.letters);
    let detectors = playbook.concepts.iter().map(|concept| &concept.detect);
    let detectors = detectors.chain(playbook.behaviors.iter().map(|behavior| &behavior.detect));
    let detectors = detectors.chain(playbook.signals.iter().map(|signal| &signal.detect));
    let detectors = detectors.chain(playbook.risks.iter().map(|risk| &risk.detect));
    let detectors =
        detectors.chain(letters.flat_map(|letter| std::iter::once(&letter.detect).chain(&letter.mentioned)));
    let lists = detectors.flat_map(DetectNode::walk).flat_map(|node| match &node.detect {
        Detect::Phrases { of, gap, .. } => vec![Phrases { gap: *gap, of }],
        Detect::Question { about, asks, gap, .. } => [about, asks].map(|of| Phrases { gap: *gap, of }).into(),
        Detect::Commitment { about, gap, .. } => vec![Phrases { gap: *gap, of: about }],
        _ => Vec::new(),
    });
    lists.filter(|list| !list.of.is_empty()).collect()
}

/// What spaCy did with the same phrases on the same text.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Spacy {
    pub version: String,
    /// Matching alone: the text was cut into tokens before.
    pub turns_per_s_core: f64,
    /// Only words next to each other, which is far less than the phrases mean.
    pub turns_per_s_core_without_gaps: f64,
    /// Cutting the text into tokens as well, as the evaluator does.
    pub turns_per_s_core_with_tokens: f64,
    pub phrases: usize,
    /// Token patterns of its Matcher, and phrases of its PhraseMatcher, that they make.
    pub patterns: usize,
    pub plain: usize,
    pub matches: usize,
}

/// Has spaCy find the playbook's phrases in the turns.
pub fn spacy(python: &Path, revision: &Revision, calls: &[Gold]) -> anyhow::Result<Spacy> {
    ensure!(python.is_file(), "{} is missing: tests/bench/run installs spaCy there", python.display());
    let texts = calls.iter().flat_map(|gold| &gold.call.transcript.turns).map(|turn| &turn.text);
    let texts: Vec<_> = texts.collect();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("phrases.json");
    std::fs::write(&path, serde_json::json!({"phrases": phrases(revision), "texts": texts}).to_string())?;
    let output = Command::new(python).arg(repository(PEER)).arg(&path).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{PEER}, {}: {}", output.status, errors.trim());
    let spacy: Spacy = serde_json::from_slice(&output.stdout).context("what spacy_peer.py printed")?;
    ensure!(spacy.matches > 0, "it found none of {} phrases", spacy.phrases);
    Ok(spacy)
}
