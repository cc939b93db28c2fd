//! The benchmark `reading`: what the sample playbook reads in calls that people labelled, each author's with classifiers
//! that were trained without it; with the embedding model and by rules alone; and how fast.

mod gold;
mod score;
mod slots;
mod speed;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use playbook_evaluator::domain::call::Transcript;
use playbook_evaluator::domain::evaluate::Revision;
use playbook_evaluator::domain::explain::Explained;
use playbook_evaluator::domain::facts::competitors::{self, Learned, NamedCall};
use playbook_evaluator::domain::learn::{self, Labelled};
use playbook_evaluator::domain::lint::lint;
use playbook_evaluator::domain::playbook::Due;
use playbook_evaluator::domain::target::Target;
use playbook_evaluator::learner::{EmbeddingsConfig, Learner};
use serde::Serialize;

use crate::figures::{Report, keep, text};
use crate::process::peak_mb;
use crate::repository;
use gold::Gold;
use score::{Bin, Quality, Reliability, Tally, calibration_error};
use slots::{SlotQuality, SlotTally};
use speed::Spacy;

const PLAYBOOK: &str = "samples/playbooks/regulated-enterprise.yaml";
/// Beside the repository.
const CALLS: &str = "../shared/calls";
const SAMPLES: &str = "samples/calls";
/// Facts of the starter set's calls.
const STARTER_SLOTS: &str = "services/playbook-evaluator/starter/slots.jsonl";

#[derive(Args)]
pub struct Arguments {
    /// Folder of labelled calls; `../shared/calls` beside the repository where none is given.
    calls: Option<PathBuf>,
    /// Python of an environment that holds spaCy.
    #[arg(long, default_value_os_t = repository("target/bench-venv/bin/python"))]
    spacy_python: PathBuf,
}

/// Reads one figure of a quality.
type Figure = fn(&Quality) -> Option<f64>;

/// See `tests/bench/README.md` for what each is.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    calls: usize,
    turns: usize,
    /// With embeddings.
    #[serde(flatten)]
    quality: Quality,
    without_embeddings: Quality,
    /// Facts of the starter set's calls by authors who wrote none of the labelled calls.
    slots: BTreeMap<&'static str, SlotQuality>,
    /// Facts of the labelled calls.
    slots_of_calls: BTreeMap<&'static str, SlotQuality>,
    competitors_by_author: BTreeMap<char, SlotQuality>,
    reliability: Vec<Bin>,
    calibration_error: Option<f64>,
    turns_per_s_core: Option<f64>,
    turns_per_s_core_with_embeddings: Option<f64>,
    ninety_minute_call_ms: Option<f64>,
    ninety_minute_call_ms_with_embeddings: Option<f64>,
    ninety_minute_call_turns: Option<usize>,
    train_s: Option<f64>,
    peak_mb: Option<f64>,
    spacy_turns_per_s_core: Option<f64>,
    ratio_to_spacy: Option<f64>,
    /// More of spaCy.
    spacy: Option<Spacy>,
    problems: Vec<String>,
}

/// Measures everything. What fails is left out and told. Blocks for minutes.
///
/// # Errors
/// Without labelled calls or the sample playbook.
pub fn run(Arguments { calls, spacy_python }: Arguments) -> anyhow::Result<Figures> {
    let calls = labelled_calls(calls)?;
    let mut revision = sample()?;
    let starter = learn::starter()?;
    let slots = gold::slots(&repository(STARTER_SLOTS))?;
    let names = slots.into_iter().map(|(id, slots)| (id, slots.competitors())).collect();
    let named = competitors::named_calls(starter.iter(), &names);
    let mut teaching = Teaching { starter: &starter, named, embedding_sha256: String::new() };
    let turns = calls.iter().map(Gold::turns).sum();
    let mut figures = Figures { calls: calls.len(), turns, ..Figures::default() };
    let problems = &mut figures.problems;

    eprintln!("{} calls by rules alone", calls.len());
    let (without, _) = read_all(&mut revision, &Learner::without(), &teaching, &calls)?;
    figures.without_embeddings = without.quality();
    let learner = keep(problems, "embeddings", learner());
    if let Some(learner) = &learner {
        eprintln!("the starter set's names");
        keep(problems, "names", teaching.read_names(learner));
        eprintln!("with embeddings, author by author");
        if let Some((tally, reliability)) =
            keep(problems, "with embeddings", read_all(&mut revision, learner, &teaching, &calls))
        {
            figures.reliability = reliability.bins();
            figures.calibration_error = calibration_error(&figures.reliability);
            figures.quality = tally.quality();
            figures.slots_of_calls = tally.slots.quality();
            figures.competitors_by_author = tally.slots.competitors_by_author();
        }
        eprintln!("facts of the starter set, author by author");
        let read = read_slots(&mut revision, learner, &teaching, &calls);
        if let Some(tally) = keep(problems, "slots", read) {
            figures.slots = tally.quality();
            figures.competitors_by_author.extend(tally.competitors_by_author());
        }
    }

    eprintln!("speed of rules");
    revision.model = None;
    revision.names = Learned::shipped();
    figures.turns_per_s_core = keep(problems, "turns_per_s_core", speed::turns_per_s_core(&revision, None, &calls));
    let ninety = keep(problems, "ninety_minute_call_ms", speed::ninety_minutes_ms(&revision, None, &calls, 5));
    (figures.ninety_minute_call_ms, figures.ninety_minute_call_turns) = ninety.unzip();
    if let Some(learner) = &learner {
        eprintln!("speed with embeddings");
        let started = Instant::now();
        let trained = learner.train_on(&revision, &starter).map_err(anyhow::Error::new);
        let trained = trained.and_then(|model| model.context("the sample playbook learned nothing"));
        revision.model = keep(problems, "train_s", trained);
        figures.train_s = revision.model.is_some().then(|| started.elapsed().as_secs_f64());
        if let Some(embedder) = keep(problems, "embeddings without the store", speed::embedder()) {
            let embedder = Some(&embedder);
            figures.turns_per_s_core_with_embeddings = keep(
                problems,
                "turns_per_s_core_with_embeddings",
                speed::turns_per_s_core(&revision, embedder, &calls),
            );
            let ninety = speed::ninety_minutes_ms(&revision, embedder, &calls, 1);
            let ninety = keep(problems, "ninety_minute_call_ms_with_embeddings", ninety);
            figures.ninety_minute_call_ms_with_embeddings = ninety.map(|(ms, _)| ms);
        }
    }
    figures.peak_mb = keep(problems, "peak_mb", peak_mb(std::process::id()));

    eprintln!("spaCy with the same phrases");
    figures.spacy = keep(problems, "spaCy", speed::spacy(&spacy_python, &revision, &calls));
    figures.spacy_turns_per_s_core = figures.spacy.as_ref().map(|spacy| spacy.turns_per_s_core);
    figures.ratio_to_spacy =
        figures.turns_per_s_core.zip(figures.spacy_turns_per_s_core).map(|(ours, spacy)| ours / spacy);
    Ok(figures)
}

fn labelled_calls(given: Option<PathBuf>) -> anyhow::Result<Vec<Gold>> {
    if let Some(folder) = given {
        let calls = gold::read(&folder)?;
        ensure!(!calls.is_empty(), "no call in {} carries labels", folder.display());
        return Ok(calls);
    }
    for folder in [CALLS, SAMPLES].map(repository) {
        let calls = if folder.is_dir() { gold::read(&folder)? } else { Vec::new() };
        if !calls.is_empty() {
            return Ok(calls);
        }
        eprintln!("no labelled calls in {}", folder.display());
    }
    bail!("there are no labelled calls: name their folder, `tests/bench/run reading CALLS_DIR`")
}

fn sample() -> anyhow::Result<Revision> {
    let linted = lint(&std::fs::read_to_string(repository(PLAYBOOK)).context(PLAYBOOK)?);
    let errors: Vec<String> = linted.errors().map(|error| format!("{}: {}", error.line, error.message)).collect();
    ensure!(errors.is_empty(), "{PLAYBOOK}: {}", errors.join("; "));
    linted.revision.context(PLAYBOOK)
}

fn learner() -> anyhow::Result<Learner> {
    let learner = Learner::load(&EmbeddingsConfig::default())?;
    ensure!(!learner.embedding_sha256().is_empty(), "the model is not on this machine: `throughline models pull`");
    Ok(learner)
}

/// Reads every call with what was learned from the starter calls of other authors.
fn read_all(
    revision: &mut Revision,
    learner: &Learner,
    teaching: &Teaching<'_>,
    calls: &[Gold],
) -> anyhow::Result<(Tally, Reliability)> {
    let (mut tally, mut reliability) = (Tally::default(), Reliability::default());
    let mut by_author: BTreeMap<char, Vec<&Gold>> = BTreeMap::new();
    for gold in calls {
        by_author.entry(gold.author()).or_default().push(gold);
    }
    for (author, calls) in by_author {
        teaching.teach_without(author, revision, learner)?;
        if revision.model.is_some() {
            eprintln!("  author {author}, {} calls", calls.len());
        }
        for gold in calls {
            let Labelled { call, transcript, .. } = &gold.call;
            let vectors = learner.vectors(revision, call, transcript)?;
            tally.add(gold, &revision.evaluate(call, transcript, vectors.as_ref()));
            let Some(vectors) = vectors else { continue };
            for (id, label) in &gold.labels.behaviors {
                // The curve was fitted to calls where the behavior applies.
                if label.outcome == "not_applicable" {
                    continue;
                }
                let target = Target::Behavior(id.clone());
                let explanation = revision.explain(call, transcript, Some(&vectors), &target);
                let due = revision.playbook.behaviors.iter().find(|b| b.id.as_str() == id).and_then(|b| b.due);
                let in_time = |turn: u32| is_in_time(transcript, turn, due);
                if let Some(probability) = explanation.and_then(|it| probability(&it.root, &in_time)) {
                    reliability.add(probability, label.outcome == "observed");
                }
            }
        }
    }
    Ok((tally, reliability))
}

/// Reads the facts of the starter set's calls, each author's with what was learned from the others; authors of `calls`
/// are left out.
fn read_slots(
    revision: &mut Revision,
    learner: &Learner,
    teaching: &Teaching<'_>,
    calls: &[Gold],
) -> anyhow::Result<SlotTally> {
    let known = gold::slots(&repository(STARTER_SLOTS))?;
    let read_already: BTreeSet<char> = calls.iter().map(Gold::author).collect();
    let starter = teaching.starter;
    let authors: BTreeSet<char> = starter.iter().filter_map(|call| char::from_u32(call.group)).collect();
    let mut tally = SlotTally::default();
    for author in authors.difference(&read_already) {
        teaching.teach_without(*author, revision, learner)?;
        for Labelled { call, transcript, .. } in starter.iter().filter(|call| call.group == u32::from(*author)) {
            let Some(slots) = call.name.rsplit('/').next().and_then(|id| known.get(id)) else { continue };
            let vectors = learner.vectors(revision, call, transcript)?;
            tally.add(*author, slots, &revision.evaluate(call, transcript, vectors.as_ref()).facts);
        }
    }
    Ok(tally)
}

/// What revisions are taught from.
struct Teaching<'c> {
    starter: &'c [Labelled],
    named: Vec<NamedCall<'c>>,
    /// Of the model that has read the names; empty before.
    embedding_sha256: String,
}

impl Teaching<'_> {
    /// Has the model read the names of all authors, once.
    fn read_names(&mut self, learner: &Learner) -> anyhow::Result<()> {
        for named in &mut self.named {
            named.states = learner.name_states(&named.call.call, &named.call.transcript)?;
        }
        self.embedding_sha256 = learner.embedding_sha256().to_owned();
        Ok(())
    }

    /// Teaches a revision all that is learned, from the starter calls of other authors.
    fn teach_without(&self, author: char, revision: &mut Revision, learner: &Learner) -> anyhow::Result<()> {
        let is_other = |call: &&Labelled| call.group != u32::from(author);
        let others: Vec<Labelled> = self.starter.iter().filter(is_other).cloned().collect();
        let mut named: Vec<NamedCall<'_>> = self.named.iter().filter(|named| is_other(&named.call)).cloned().collect();
        let read = competitors::learn(&named)?;
        let embedding_sha256 = self.embedding_sha256.clone();
        let alone = if embedding_sha256.is_empty() {
            read.clone()
        } else {
            named.iter_mut().for_each(|named| named.states = None);
            competitors::learn(&named)?
        };
        revision.names = Learned { alone, read, embedding_sha256 };
        revision.model = learner.train_on(revision, &others)?;
        Ok(())
    }
}

/// What the classifier of an expression says of the call: the probability of its best turn while the behavior is due, as
/// its curve was fitted. None where it has none of its own.
fn probability(explained: &Explained, in_time: &dyn Fn(u32) -> bool) -> Option<f64> {
    if let Some(judged) = &explained.classifier {
        let turns = judged.turns.iter().filter(|(turn, _)| in_time(*turn));
        return turns.map(|(_, probability)| *probability).reduce(f64::max);
    }
    explained.parts.iter().filter(|_| explained.refers_to.is_empty()).find_map(|part| probability(part, in_time))
}

fn is_in_time(transcript: &Transcript, turn: u32, due: Option<Due>) -> bool {
    let start = transcript.turns.get(turn as usize).map_or(0, |turn| turn.start_ms);
    match due {
        None => true,
        Some(Due::Share(share)) => f64::from(start) <= share * f64::from(transcript.duration_ms),
        Some(Due::Seconds(seconds)) => start / 1000 <= seconds,
    }
}

impl Figures {
    pub fn report(self) -> Report {
        Report { figures: serde_json::json!(self), table: self.table(), problems: self.problems }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["figure", "with embeddings", "rules alone", "what it is"]);
        let (with, without) = (&self.quality, &self.without_embeddings);
        table.add_rows(self.of_quality());
        let behaviors = without.by_behavior.iter().map(|(id, rules)| {
            let what = "kappa of one behavior".to_owned();
            [format!("by_behavior.{id}"), text(with.by_behavior.get(id).copied(), 3), text(Some(*rules), 3), what]
        });
        table.add_rows(behaviors);
        let authors = without.by_author.iter().map(|(author, rules)| {
            let what = "kappa of one author's calls".to_owned();
            let with = with.by_author.get(author).copied();
            [format!("by_author.{author}"), text(with, 3), text(Some(*rules), 3), what]
        });
        table.add_rows(authors);
        let bins = self.reliability.iter().map(|bin| {
            let what = format!("share observed where {:.3} is promised; n {}", bin.mean_probability, bin.n);
            let name = format!("reliability {:.1}-{:.1}", bin.from, bin.to);
            [name, text(Some(bin.observed_share), 3), String::new(), what]
        });
        table.add_rows(bins);
        table.add_rows(of_slots("slots", &self.slots, "calls of the starter set"));
        table.add_rows(of_slots("slots_of_calls", &self.slots_of_calls, "the labelled calls"));
        table.add_rows(of_slots("competitors_by_author", &self.competitors_by_author, "one author's calls"));
        table.add_rows(self.of_speed());
        for column in [1, 2] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    fn of_quality(&self) -> Vec<[String; 4]> {
        let what = format!("outcomes, {} calls, each author's unseen", self.calls);
        let rows: [(&str, Figure, &str); 7] = [
            ("kappa", |quality| quality.kappa, &what),
            ("observed_f1", |quality| quality.observed_f1, "of outcome observed"),
            ("signal_f1", |quality| quality.signal_f1, "of signals, per call"),
            ("next_step_date", |quality| quality.next_step_date, "share of calls with the right date, or rightly none"),
            ("competitor_f1", |quality| quality.competitor_f1, "of names"),
            (
                "evidence_hit",
                |quality| quality.evidence_hit,
                "share of those rightly observed with a turn at most one off",
            ),
            ("unknown_share", |quality| quality.unknown_share, "outcomes that it would not decide"),
        ];
        let row = |(name, figure, what): (&str, Figure, &str)| {
            let (with, without) = (figure(&self.quality), figure(&self.without_embeddings));
            [name.to_owned(), text(with, 3), text(without, 3), what.to_owned()]
        };
        rows.map(row).into()
    }

    fn of_speed(&self) -> [[String; 4]; 7] {
        let turns = self.ninety_minute_call_turns.unwrap_or_default();
        let spacy = self.spacy.as_ref().map_or_else(String::new, |spacy| {
            format!(
                "spaCy {}, matching alone; {:.0} with its tokens, {:.0} without gaps between words; {} phrases make {} token \
                 patterns and {} plain ones",
                spacy.version,
                spacy.turns_per_s_core_with_tokens,
                spacy.turns_per_s_core_without_gaps,
                spacy.phrases,
                spacy.patterns,
                spacy.plain
            )
        });
        let of_ratio = self.turns_per_s_core_with_embeddings.zip(self.spacy_turns_per_s_core).map(|(a, b)| a / b);
        let row = |name: &str, with: String, without: String, what: String| [name.to_owned(), with, without, what];
        let plain = |what: &str| what.to_owned();
        [
            row(
                "calibration_error",
                text(self.calibration_error, 3),
                String::new(),
                plain("mean distance of a bin's share from its promise; probability of a call's best turn"),
            ),
            row(
                "turns_per_s_core",
                text(self.turns_per_s_core_with_embeddings, 0),
                text(self.turns_per_s_core, 0),
                plain("turns per CPU second, every vector made anew"),
            ),
            row("spacy_turns_per_s_core", String::new(), text(self.spacy_turns_per_s_core, 0), spacy),
            row("ratio_to_spacy", text(of_ratio, 3), text(self.ratio_to_spacy, 2), plain("the same / spaCy")),
            row(
                "ninety_minute_call_ms",
                text(self.ninety_minute_call_ms_with_embeddings, 0),
                text(self.ninety_minute_call_ms, 1),
                format!("on the clock; {turns} turns"),
            ),
            row("train_s", text(self.train_s, 1), String::new(), plain("release of the sample playbook")),
            row("peak_mb", text(self.peak_mb, 0), String::new(), plain("most resident memory of this process")),
        ]
    }
}

/// F1 of each slot, with what it is made of.
fn of_slots<K: std::fmt::Display>(name: &str, slots: &BTreeMap<K, SlotQuality>, of: &str) -> Vec<[String; 4]> {
    let row = |(slot, quality): (&K, &SlotQuality)| {
        let SlotQuality { precision, recall, f1, n } = quality;
        let what = format!("F1 over {of}, each author unseen; precision {precision:.2}, recall {recall:.2}, n {n}");
        [format!("{name}.{slot}"), text(Some(*f1), 3), String::new(), what]
    };
    slots.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_labels_is_refused() {
        assert!(labelled_calls(Some(repository(SAMPLES))).is_err());
        assert!(labelled_calls(Some(PathBuf::from("/nowhere"))).is_err());
    }
}
