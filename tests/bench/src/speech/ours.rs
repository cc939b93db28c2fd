//! The embedded engine in a process of its own: what it hears in recordings, and what that costs.
//!
//! Each engine is measured in a process of its own, ours too: `throughline-bench engine` answers what `peer.py` does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use transcription_gateway::engine::embedded::{Embedded, Settings};
use transcription_gateway::engine::{Request, SpeechEngine, Urgency};
use transcription_gateway::speech::{SpeechError, recording};
use transcription_gateway::voices::Separated;

use super::engines::{Cost, Heard};
use crate::process::{cpu_time, peak_mb};

/// Arguments of `engine`.
#[derive(clap::Args)]
pub struct Arguments {
    /// JSON: `{"LIST": [file]}`.
    lists: PathBuf,
    /// Folder of the models.
    #[arg(long)]
    models: PathBuf,
    /// Recognisers.
    #[arg(long)]
    workers: usize,
}

/// The engine with its model loaded and used once, which is no part of any figure.
pub async fn engine(models: &Path, workers: usize) -> anyhow::Result<Arc<dyn SpeechEngine>> {
    let settings = Settings {
        models_dir: models.to_owned(),
        runtime_library: None,
        workers,
        queue: 32,
        wait: Duration::from_secs(60),
    };
    let engine: Arc<dyn SpeechEngine> = Arc::new(Embedded::new(settings));
    engine.prepare().await?;
    // As many at once as there are recognisers: each loads its model when it first has work.
    let warm_up = (0..workers).map(|_| engine.recognise(Request::new([0.0; 16_000], Urgency::Live)));
    futures::future::try_join_all(warm_up).await?;
    Ok(engine)
}

/// What is heard in a recording, in one line, and its length in milliseconds. Words that are marked as not understood
/// are left out, as they are by whoever reads transcripts.
pub async fn transcribe(engine: &Arc<dyn SpeechEngine>, path: &Path) -> anyhow::Result<(String, u64)> {
    let cancel = CancellationToken::new();
    let inspection = recording::examine(path, &cancel).await?;
    let turns = match recording::transcribe(path, &inspection, &[], Separated::default(), engine, &cancel, |_| {}).await
    {
        Ok(draft) => draft.turns,
        // A clip of noise in a folder is no mistake.
        Err(SpeechError::NoSpeech { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let texts: Vec<String> = turns.into_iter().filter(|turn| !turn.unintelligible).map(|turn| turn.text).collect();
    Ok((texts.join(" "), inspection.duration_ms))
}

/// Measures the lists one after the other.
pub async fn run(arguments: Arguments) -> anyhow::Result<Heard> {
    let lists: BTreeMap<String, Vec<PathBuf>> = serde_json::from_slice(&std::fs::read(&arguments.lists)?)?;
    let before = cpu_time()?;
    let engine = engine(&arguments.models, arguments.workers).await?;
    let load_cpu_s = (cpu_time()? - before).as_secs_f64();
    let mut measured = BTreeMap::new();
    for (name, files) in lists {
        let (started, before) = (Instant::now(), cpu_time()?);
        let (mut texts, mut audio_ms) = (Vec::new(), 0);
        for path in files {
            let (text, ms) = transcribe(&engine, &path).await.with_context(|| path.display().to_string())?;
            texts.push(text);
            audio_ms += ms;
        }
        let cost = Cost {
            cpu_s: (cpu_time()? - before).as_secs_f64(),
            wall_s: started.elapsed().as_secs_f64(),
            audio_s: audio_ms as f64 / 1000.0,
            texts,
        };
        measured.insert(name, cost);
    }
    let heard = Heard {
        version: engine.name().into_owned(),
        load_cpu_s,
        peak_mb: peak_mb(std::process::id())?,
        lists: measured,
    };
    engine.stop().await;
    Ok(heard)
}
