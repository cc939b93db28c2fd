//! All engines on the same recordings, each in a process of its own, and their word error rates by one scorer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::process::Command;

use super::clips::{self, Clip};
use super::figures::{Engine, Machine, Quality};
use crate::repository;

const PEER: &str = "tests/bench/speech/peer.py";
const SCORER: &str = "tests/bench/speech/score.py";
/// The clips as they are, and over the telephone.
const CLEAR: &str = "clear";
const TELEPHONE: &str = "telephone";
/// Of the clips, how many are heard again on all cores: the one-core figures are the ones compared.
const ALL_CORES_ONE_IN: usize = 5;

/// The engines that ours is compared with, as `peer.py` knows them.
pub const PEERS: [&str; 3] = ["libmoonshine", "faster_whisper_tiny_en", "faster_whisper_base"];
/// Ours, where scores of all engines stand side by side.
pub const OURS: &str = "ours";

/// What an engine's process prints.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Heard {
    pub version: String,
    /// Processor time of loading the model and using it once.
    pub load_cpu_s: f64,
    pub peak_mb: f64,
    pub lists: BTreeMap<String, Cost>,
}

/// What an engine heard in a list of recordings, and what it took.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Cost {
    pub cpu_s: f64,
    pub wall_s: f64,
    pub audio_s: f64,
    pub texts: Vec<String>,
}

/// Where things are.
pub struct Setting<'a> {
    pub models: &'a Path,
    /// Python of the environment that holds the peers and the scorer.
    pub python: &'a Path,
    /// Recognisers of ours when it has all cores.
    pub cores: usize,
}

/// The clips in both versions, as lists for the engines' processes.
pub struct Lists {
    said: Vec<String>,
    sources: Vec<String>,
    one_core: PathBuf,
    all_cores: PathBuf,
    _folder: TempDir,
}

impl Lists {
    /// Makes the telephone versions and writes the lists down.
    pub fn new(clips: &[Clip]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let clear: Vec<&Path> = clips.iter().map(|clip| clip.path.as_path()).collect();
        let telephone = clips::over_the_telephone(clips, folder.path())?;
        let few: Vec<&Path> = clear.iter().step_by(ALL_CORES_ONE_IN).copied().collect();
        let (one_core, all_cores) = (folder.path().join("one_core.json"), folder.path().join("all_cores.json"));
        std::fs::write(&one_core, serde_json::json!({CLEAR: clear, TELEPHONE: telephone}).to_string())?;
        std::fs::write(&all_cores, serde_json::json!({CLEAR: few}).to_string())?;
        Ok(Self {
            said: clips.iter().map(|clip| clip.said.clone()).collect(),
            sources: clips.iter().map(|clip| clip.source.clone()).collect(),
            one_core,
            all_cores,
            _folder: folder,
        })
    }
}

/// Runs an engine by its name: on one core over everything, on all cores over a part.
pub async fn hear(name: &str, lists: &Lists, setting: &Setting<'_>) -> anyhow::Result<(Heard, Heard)> {
    let one_core = run(name, &lists.one_core, 1, setting).await?;
    let all_cores = run(name, &lists.all_cores, setting.cores, setting).await?;
    Ok((one_core, all_cores))
}

async fn run(name: &str, lists: &Path, cores: usize, setting: &Setting<'_>) -> anyhow::Result<Heard> {
    let mut command = Command::new("taskset");
    // An engine that sees one core starts one thread; one that sees more may let threads spin.
    command.args(["--cpu-list", &if cores == 1 { "0".to_owned() } else { format!("0-{}", cores - 1) }]);
    if name == OURS {
        command.arg(std::env::current_exe()?).args(["engine", "--workers", &cores.to_string()]);
        command.arg("--models").arg(setting.models);
    } else {
        let python = setting.python;
        ensure!(python.is_file(), "{} is missing: tests/bench/run speech makes it", python.display());
        command.arg(python).arg(repository(PEER)).arg(name);
    }
    command.arg(lists).stdin(Stdio::null()).kill_on_drop(true);
    let heard: Heard = serde_json::from_slice(&printed(command).await?).context("what the engine printed")?;
    Ok(heard)
}

/// What a command prints; the last line of its errors where it fails.
pub async fn printed(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().await?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", output.status, errors.trim().lines().last().unwrap_or_default());
    Ok(output.stdout)
}

/// What the scorer prints.
#[derive(Debug, Deserialize)]
pub struct Scores {
    pub normaliser: String,
    pub scores: BTreeMap<String, Quality>,
}

fn key(engine: &str, list: &str) -> String {
    format!("{engine} {list}")
}

/// Scores every engine's texts by the same code.
pub async fn score(heard: &BTreeMap<String, (Heard, Heard)>, lists: &Lists, python: &Path) -> anyhow::Result<Scores> {
    ensure!(python.is_file(), "{} is missing: tests/bench/run speech makes it", python.display());
    let of_engine = |(engine, (heard, _)): (&String, &(Heard, Heard))| {
        let texts = heard.lists.iter().map(|(list, cost)| (key(engine, list), cost.texts.clone()));
        texts.collect::<Vec<_>>()
    };
    let texts: BTreeMap<String, Vec<String>> = heard.iter().flat_map(of_engine).collect();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("texts.json");
    let task = serde_json::json!({"said": lists.said, "groups": lists.sources, "heard": texts});
    std::fs::write(&path, task.to_string())?;
    let mut command = Command::new(python);
    command.arg(repository(SCORER)).arg(&path).stdin(Stdio::null()).kill_on_drop(true);
    serde_json::from_slice(&printed(command).await?).context("what score.py printed")
}

/// An engine's figures from what it cost and how it was scored.
pub fn figures(name: &str, (one_core, all_cores): &(Heard, Heard), scores: Option<&Scores>) -> Engine {
    let cost = |list: &str| one_core.lists.get(list);
    let quality = |list: &str| scores.and_then(|scores| scores.scores.get(&key(name, list)).cloned());
    let per_second = |cost: &Cost| cost.cpu_s / cost.audio_s;
    let heard = |list: &str| super::figures::Hearing {
        quality: quality(list).unwrap_or_default(),
        cpu_per_audio_s: cost(list).map(per_second),
        cpu_ratio: None,
    };
    Engine {
        version: one_core.version.clone(),
        hearing: heard(CLEAR),
        telephone: heard(TELEPHONE),
        load_cpu_s: one_core.load_cpu_s,
        peak_mb: one_core.peak_mb,
        all_cores: all_cores
            .lists
            .get(CLEAR)
            .map(|cost| Machine { cpu_per_audio_s: per_second(cost), wall_per_audio_s: cost.wall_s / cost.audio_s }),
    }
}
