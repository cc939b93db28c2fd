//! The benchmark `speech`: how well the gateway hears, at what cost, beside the engines it could be replaced with; how soon
//! a live final is there; and what a recording of hours takes.

pub mod clips;
mod engines;
mod figures;
mod latency;
mod long;
pub mod ours;
pub mod sample;
mod stereo;
mod voices;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::figures::keep;
use crate::repository;
use engines::{Lists, OURS, PEERS, Setting};
use figures::Figures;

/// Word error rate that only a broken engine passes.
const WER_MAX: f64 = 0.5;

#[derive(Args)]
pub struct Arguments {
    /// Folder of recordings with a manifest.json; `../shared/data/speech` beside the repository where none is given.
    recordings: Option<PathBuf>,
    /// Folder of the models [default: the user's cache folder].
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_MODELS")]
    models: Option<PathBuf>,
    /// Python of the environment that holds peers and scorer.
    #[arg(long, default_value_os_t = repository("target/bench-speech-venv/bin/python"))]
    python: PathBuf,
    /// Python of the environment that holds the peer of diarization.
    #[arg(long, default_value_os_t = repository("target/bench-voices-venv/bin/python"))]
    voices_python: PathBuf,
    /// What to measure.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Part::Words, Part::Live, Part::Long, Part::Voices])]
    parts: Vec<Part>,
    /// Numbers of live streams.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 40])]
    streams: Vec<usize>,
    /// How long each stream speaks.
    #[arg(long, default_value_t = 90)]
    seconds: u64,
    /// Length of the long recording.
    #[arg(long, default_value_t = 3.0)]
    hours: f64,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Word error rate and processor time, beside the peers.
    Words,
    /// Live streams.
    Live,
    /// A recording of hours.
    Long,
    /// Diarization error rate, beside a peer.
    Voices,
}

/// Measures everything, one after the other. What fails is left out and told.
///
/// # Errors
/// Without recordings or a folder of models.
pub async fn run(arguments: Arguments) -> anyhow::Result<Figures> {
    let models = arguments.models.clone().or_else(throughline_models::default_dir);
    let models = models.context("no cache folder; name one with --models")?;
    let (folder, clips) = clips::read(arguments.recordings.as_deref())?;
    eprintln!("{} clips in {}", clips.len(), folder.display());
    let cores = std::thread::available_parallelism()?.get();
    let mut figures = Figures { clips: clips.len(), cores, load: [load(), None], ..Figures::default() };
    if arguments.parts.contains(&Part::Words) {
        let setting = Setting { models: &models, python: &arguments.python, cores };
        words(&clips, &setting, &mut figures).await?;
        let path = folder.join(stereo::FILE);
        if path.is_file() {
            let engine = ours::engine(&models, 1).await?;
            figures.stereo = keep(&mut figures.problems, "stereo", stereo::measure(&engine, &path).await);
            engine.stop().await;
        }
    }
    if arguments.parts.contains(&Part::Live) {
        eprintln!("live streams");
        let measured = latency::measure(&models, &clips, &arguments.streams, arguments.seconds, &mut figures).await;
        keep(&mut figures.problems, "live streams", measured);
    }
    if arguments.parts.contains(&Part::Long) {
        eprintln!("a recording of {} h", arguments.hours);
        let measured = long::measure(&models, &clips, arguments.hours).await;
        figures.long = keep(&mut figures.problems, "long recording", measured);
    }
    if arguments.parts.contains(&Part::Voices) {
        eprintln!("voices");
        let measured = voices::measure(&folder, &models, &arguments.voices_python, &mut figures.problems).await;
        figures.voices = keep(&mut figures.problems, "voices", measured);
    }
    figures.load[1] = load();
    Ok(figures)
}

async fn words(clips: &[clips::Clip], setting: &Setting<'_>, figures: &mut Figures) -> anyhow::Result<()> {
    eprintln!("telephone versions");
    let owned = clips.to_vec();
    let lists = tokio::task::spawn_blocking(move || Lists::new(&owned)).await??;
    let mut heard = BTreeMap::new();
    for name in std::iter::once(OURS).chain(PEERS) {
        eprintln!("{name}: every clip twice on one core, one in five on all {}", setting.cores);
        let measured = engines::hear(name, &lists, setting).await;
        heard.extend(keep(&mut figures.problems, name, measured).map(|measured| (name.to_owned(), measured)));
    }
    let scores = engines::score(&heard, &lists, setting.python).await;
    let scores = keep(&mut figures.problems, "word error rates", scores);
    // Ours first: what the others cost is given beside it.
    for name in std::iter::once(OURS).chain(PEERS) {
        if let Some(measured) = heard.get(name) {
            figures.put(name, engines::figures(name, measured, scores.as_ref()));
        }
    }
    figures.normaliser = scores.map(|scores| scores.normaliser);
    let wer = figures.ours.as_ref().and_then(|ours| ours.hearing.quality.wer);
    if let Some(wer) = wer.filter(|wer| *wer > WER_MAX) {
        figures.problems.push(format!("{:.0} % of the words are wrong", wer * 100.0));
    }
    Ok(())
}

/// Load average of the last minute.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}
