//! Measures the embedded engine: CPU time per second of audio, and word error rate where the text is known.
//!
//! `cargo run --release --example speech_bench -- DIR [--partials] [--noise DB] [--filter NAME]`
//! DIR holds recordings and a `manifest.json`: a list of `{"file", "text", "channel"}`.
//! `cargo run --release --example speech_bench -- FILE --hours N`
//! repeats the recording FILE for N hours and shows what memory its transcription takes. Prints one JSON object.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transcription_gateway::audio::{Reader, Resampler};
use transcription_gateway::engine::embedded::{Embedded, Settings};
use transcription_gateway::engine::{Request, SpeechEngine, Urgency, guard};
use transcription_gateway::speech::{live, recording};

#[derive(Deserialize)]
struct Clip {
    file: String,
    text: String,
    channel: Option<u8>,
}

struct Options {
    dir: PathBuf,
    partials: bool,
    noise_db: Option<f32>,
    filter: String,
    hours: usize,
}

fn options() -> anyhow::Result<Options> {
    let mut arguments = std::env::args().skip(1);
    let mut options = Options { dir: PathBuf::new(), partials: false, noise_db: None, filter: String::new(), hours: 0 };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--partials" => options.partials = true,
            "--noise" => options.noise_db = Some(arguments.next().context("--noise DB")?.parse()?),
            "--filter" => options.filter = arguments.next().context("--filter NAME")?,
            "--hours" => options.hours = arguments.next().context("--hours N")?.parse()?,
            dir => options.dir = PathBuf::from(dir),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = options()?;
    let models_dir = match std::env::var_os("THROUGHLINE_MODELS") {
        Some(dir) => PathBuf::from(dir),
        None => throughline_models::default_dir().context("no home folder")?,
    };
    let engine: Arc<dyn SpeechEngine> = Arc::new(Embedded::new(Settings {
        models_dir,
        runtime_library: None,
        workers: 1,
        queue: 32,
        wait: Duration::from_secs(60),
    }));
    engine.prepare().await?;
    if options.hours > 0 {
        return long(&engine, &options).await;
    }
    let manifest = std::fs::read(options.dir.join("manifest.json")).context("manifest.json")?;
    let clips: Vec<Clip> = serde_json::from_slice(&manifest)?;
    engine.recognise(Request::new([0.0; 16_000], Urgency::Recording)).await?;
    let mut total = Total::default();
    let (started, cpu) = (Instant::now(), cpu_time());
    for clip in clips.iter().filter(|clip| clip.channel.is_none() && clip.file.contains(&options.filter)) {
        let (text, audio_ms) = run(&engine, &options.dir.join(&clip.file), &options).await?;
        let (errors, words) = word_errors(&clip.text, &text);
        if errors > 0 {
            eprintln!("{:>2}/{words:<2} {} | {} | {text}", errors, clip.file, clip.text);
        }
        total.add(audio_ms, errors, words, guard::compression(&text));
    }
    let cpu_s = (cpu_time() - cpu).as_secs_f64();
    println!(
        "{}",
        serde_json::json!({
            "audio_s": total.audio_ms as f64 / 1000.0,
            "cpu_ms_per_audio_s": 1e6 * cpu_s / total.audio_ms as f64,
            "wall_ms_per_audio_s": 1e6 * started.elapsed().as_secs_f64() / total.audio_ms as f64,
            "words": total.words,
            "wer_percent": 100.0 * total.errors as f64 / total.words as f64,
            "max_compression": total.max_compression,
            "rss_mb": rss_mb(),
        })
    );
    engine.stop().await;
    Ok(())
}

async fn long(engine: &Arc<dyn SpeechEngine>, options: &Options) -> anyhow::Result<()> {
    let part: Vec<u8> = samples(&options.dir)?.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()).collect();
    let bytes = options.hours * 3_600 * 32_000;
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(b"RIFF")?;
    file.write_all(&(bytes as u32 + 36).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data")?;
    file.write_all(&(bytes as u32).to_le_bytes())?;
    for start in (0..bytes).step_by(part.len()) {
        file.write_all(&part[..part.len().min(bytes - start)])?;
    }
    drop(part);
    let (started, cpu) = (Instant::now(), cpu_time());
    let cancel = CancellationToken::new();
    let inspection = recording::examine(file.path(), &cancel).await?;
    let examined_s = started.elapsed().as_secs_f64();
    let draft = recording::transcribe(file.path(), &inspection, &[], engine, &cancel, |_| {}).await?;
    let audio_s = inspection.duration_ms as f64 / 1000.0;
    println!(
        "{}",
        serde_json::json!({
            "audio_s": audio_s,
            "turns": draft.turns.len(),
            "examined_s": examined_s,
            "wall_s": started.elapsed().as_secs_f64(),
            "cpu_ms_per_audio_s": 1000.0 * (cpu_time() - cpu).as_secs_f64() / audio_s,
            "rss_mb": rss_mb(),
        })
    );
    engine.stop().await;
    Ok(())
}

#[derive(Default)]
struct Total {
    audio_ms: u64,
    errors: usize,
    words: usize,
    max_compression: f64,
}

impl Total {
    fn add(&mut self, audio_ms: u64, errors: usize, words: usize, compression: f64) {
        self.audio_ms += audio_ms;
        self.errors += errors;
        self.words += words;
        self.max_compression = self.max_compression.max(compression);
    }
}

/// Text of a file and its length. With partials or noise the file goes through the live path.
async fn run(engine: &Arc<dyn SpeechEngine>, path: &Path, options: &Options) -> anyhow::Result<(String, u64)> {
    let cancel = CancellationToken::new();
    if !options.partials && options.noise_db.is_none() {
        let inspection = recording::examine(path, &cancel).await?;
        let draft = match recording::transcribe(path, &inspection, &[], engine, &cancel, |_| {}).await {
            Ok(draft) => draft,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return Ok((String::new(), inspection.duration_ms));
            }
        };
        let texts: Vec<String> = draft
            .turns
            .into_iter()
            .map(|turn| if turn.unintelligible { format!("[{}]", turn.text) } else { turn.text })
            .collect();
        return Ok((texts.join(" "), inspection.duration_ms));
    }
    let mut samples = samples(path)?;
    if let Some(db) = options.noise_db {
        add_noise(&mut samples, db);
    }
    let audio_ms = samples.len() as u64 / 16;
    let bytes: Vec<u8> = samples.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()).collect();
    let chunks: Vec<Result<bytes::Bytes, ()>> =
        bytes.chunks(3_200).map(|c| Ok(bytes::Bytes::copy_from_slice(c))).collect();
    let (sender, mut receiver) = mpsc::channel(64);
    let format = live::Format { sample_rate_hz: 16_000, channels: 1, partials: options.partials };
    // At the speed of speech guesses would come in between; here each chunk waits for its turn instead.
    let audio = Box::pin(stream::unfold(chunks.into_iter(), |mut chunks| async move {
        tokio::task::yield_now().await;
        chunks.next().map(|chunk| (chunk, chunks))
    }));
    let reading = async { while receiver.recv().await.is_some() {} };
    let (outcome, ()) = tokio::join!(live::run(format, Arc::clone(engine), audio, sender), reading);
    let mark = |piece: transcription_gateway::speech::Piece| {
        if piece.unintelligible { format!("[{}]", piece.text) } else { piece.text }
    };
    Ok((outcome.pieces.into_iter().map(mark).collect::<Vec<_>>().join(" "), audio_ms))
}

fn samples(path: &Path) -> anyhow::Result<Vec<f32>> {
    let mut reader = Reader::open(path)?;
    let mut resampler = Resampler::new(reader.info().sample_rate_hz)?;
    let (mut planes, mut samples) = (Vec::new(), Vec::new());
    while reader.read(&mut planes)? {
        resampler.push(planes.first().map_or(&[][..], Vec::as_slice), &mut samples)?;
    }
    resampler.finish(&mut samples)?;
    Ok(samples)
}

/// White noise at `db` below the signal, from a fixed seed.
fn add_noise(samples: &mut [f32], db: f32) {
    let energy = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
    let amplitude = (energy * 3.0).sqrt() * 10.0_f32.powf(-db / 20.0);
    let mut state = 0x9e37_79b9_u32;
    for sample in samples {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = state as f32 / u32::MAX as f32 * 2.0 - 1.0;
        *sample = (*sample + noise * amplitude).clamp(-1.0, 1.0);
    }
}

/// Edit distance in words, without case and punctuation.
fn word_errors(expected: &str, actual: &str) -> (usize, usize) {
    let words = |text: &str| -> Vec<String> {
        let plain: String = text.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
        plain.split_whitespace().map(str::to_lowercase).collect()
    };
    let (expected, actual) = (words(expected), words(actual));
    let mut row: Vec<usize> = (0..=actual.len()).collect();
    for (i, wanted) in expected.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, got) in actual.iter().enumerate() {
            let substituted = diagonal + usize::from(wanted != got);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    (row[actual.len()], expected.len())
}

/// User and system time of this process, from the clock ticks Linux counts.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}
