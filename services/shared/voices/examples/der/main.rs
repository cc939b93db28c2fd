//! Measures how well and how cheaply voices are told apart, on conversations put together from clips of known speakers.
//!
//! `der DIR [--half tune|report] [--models DIR] [--write DIR] [--found FILE]`: DIR holds the clips. `--write` puts the
//! conversations there as wav files, for another system to be run on; `--found` scores what that system found: JSON,
//! `{"NAME": {"turns": [[start_s, end_s, "speaker"], …], "cpu_s": …}, …}`.

mod mix;
mod sound;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use throughline_models::{Manifest, locate_voices};
use throughline_voices::der::{Errors, Turn, score};
use throughline_voices::{Models, Tracker, diarize};

/// Collar on each side of a boundary.
const COLLAR_MS: u64 = 250;

struct Options {
    clips: PathBuf,
    tune: bool,
    models: PathBuf,
    write: Option<PathBuf>,
    found: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = options()?;
    let clips = mix::half(mix::clips(&options.clips)?, options.tune);
    let mut mixes = mix::all(&clips);
    let telephone: Vec<mix::Mix> = mixes
        .iter()
        .map(|mix| mix::Mix {
            name: format!("{}-telephone", mix.name),
            speakers: mix.speakers,
            samples: sound::telephone(&mix.samples),
            reference: mix.reference.clone(),
        })
        .collect();
    let overlaps: f64 = mixes.iter().map(|mix| mix::overlap(&mix.reference)).sum::<f64>() / mixes.len() as f64;
    mixes.extend(telephone);
    if let Some(dir) = &options.write {
        std::fs::create_dir_all(dir)?;
        for mix in &mixes {
            sound::write(&dir.join(format!("{}.wav", mix.name)), &mix.samples)?;
        }
    }
    let seconds: f64 = mixes.iter().map(|mix| mix.samples.len() as f64 / f64::from(sound::RATE)).sum();
    eprintln!("{} conversations, {seconds:.0} s, {:.1} % of speech overlaps", mixes.len(), overlaps * 100.0);
    let mut report = json!({ "overlap": overlaps, "collar_s": COLLAR_MS as f64 / 1000.0, "audio_s": seconds });
    match &options.found {
        Some(path) => peer(path, &mixes, seconds, &mut report)?,
        None => ours(&options, &mixes, seconds, &mut report)?,
    }
    println!("{report:#}");
    Ok(())
}

fn ours(options: &Options, mixes: &[mix::Mix], seconds: f64, report: &mut Value) -> Result<()> {
    let model = locate_voices(&Manifest::embedded()?, &options.models, None)?;
    let models = Arc::new(Models::load(&model, 1)?);
    let mut tables = [("", Table::default(), 0.0), ("online_", Table::default(), 0.0)];
    for mix in mixes {
        for (kind, table, cpu) in &mut tables {
            let before = cpu_seconds()?;
            let found = if kind.is_empty() { offline(&models, mix)? } else { online(&models, mix)? };
            *cpu += cpu_seconds()? - before;
            table.add(kind, mix, &found);
        }
    }
    for (kind, table, cpu) in &tables {
        table.print(kind);
        report[format!("{kind}der")] = json!(table.all.rate());
        report[format!("{kind}by")] = table.json();
        report[format!("{kind}diarize_cpu_per_audio_s")] = json!(cpu / seconds);
    }
    Ok(())
}

fn offline(models: &Arc<Models>, mix: &mix::Mix) -> Result<Vec<Turn>> {
    let found = diarize(models, &mix.samples)?;
    Ok(found.spans.iter().map(|span| turn(span, 0)).collect())
}

/// As a live stream: stretches of speech as they end, found by their loudness, at most eight seconds.
fn online(models: &Arc<Models>, mix: &mix::Mix) -> Result<Vec<Turn>> {
    let mut tracker = Tracker::new(Arc::clone(models));
    let mut turns = Vec::new();
    for (start, end) in sound::speech(&mix.samples) {
        for at in (start..end).step_by(128_000) {
            let spans = tracker.hear(&mix.samples[at..end.min(at + 128_000)])?;
            turns.extend(spans.iter().map(|span| turn(span, at as u64 * 1000 / u64::from(sound::RATE))));
        }
    }
    Ok(turns)
}

fn turn(span: &throughline_voices::Span, offset_ms: u64) -> Turn {
    let (start_ms, end_ms) = (span.start_ms + offset_ms, span.end_ms + offset_ms);
    Turn { start_ms, end_ms, speaker: format!("v{}", span.voice + 1) }
}

fn peer(path: &PathBuf, mixes: &[mix::Mix], seconds: f64, report: &mut Value) -> Result<()> {
    let found: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let (mut table, mut cpu) = (Table::default(), 0.0);
    for mix in mixes {
        let own = &found[&mix.name];
        let turns = own["turns"].as_array().with_context(|| format!("nothing was found in {}", mix.name))?;
        let ms = |value: &Value| (value.as_f64().unwrap_or(0.0) * 1000.0) as u64;
        let turns: Vec<Turn> =
            turns.iter().map(|t| Turn { start_ms: ms(&t[0]), end_ms: ms(&t[1]), speaker: t[2].to_string() }).collect();
        cpu += own["cpu_s"].as_f64().unwrap_or(0.0);
        table.add("peer", mix, &turns);
    }
    table.print("peer");
    report["der_peer"] = json!(table.all.rate());
    report["by_peer"] = table.json();
    report["peer_cpu_per_audio_s"] = json!(cpu / seconds);
    Ok(())
}

/// Errors in all, and by number of speakers and kind of sound.
#[derive(Default)]
struct Table {
    all: Errors,
    rows: BTreeMap<String, Errors>,
}

impl Table {
    fn add(&mut self, kind: &str, mix: &mix::Mix, found: &[Turn]) {
        let errors = score(&mix.reference, found, COLLAR_MS);
        let voices: std::collections::BTreeSet<&str> = found.iter().map(|turn| turn.speaker.as_str()).collect();
        eprintln!(
            "{kind}{:<16} {:5.1} %  {} voices of {}",
            mix.name,
            errors.rate() * 100.0,
            voices.len(),
            mix.speakers
        );
        let sound = if mix.name.ends_with("telephone") { "8 kHz µ-law" } else { "16 kHz" };
        self.all += errors;
        *self.rows.entry(format!("{} speakers, {sound}", mix.speakers)).or_default() += errors;
    }

    fn print(&self, kind: &str) {
        for (name, errors) in self.rows.iter().chain([(&"all".to_owned(), &self.all)]) {
            let percent = |ms: u64| errors.part(ms) * 100.0;
            eprintln!(
                "{kind}{name:<26} DER {:5.1} %  missed {:4.1}  false alarm {:4.1}  confused {:4.1}",
                errors.rate() * 100.0,
                percent(errors.missed_ms),
                percent(errors.false_alarm_ms),
                percent(errors.confused_ms)
            );
        }
    }

    fn json(&self) -> Value {
        let row = |errors: &Errors| {
            json!({ "der": errors.rate(), "missed": errors.part(errors.missed_ms),
                "false_alarm": errors.part(errors.false_alarm_ms), "confused": errors.part(errors.confused_ms) })
        };
        self.rows
            .iter()
            .chain([(&"all".to_owned(), &self.all)])
            .map(|(name, errors)| (name.clone(), row(errors)))
            .collect()
    }
}

/// Processor time of this process so far.
fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // utime and stime, in ticks of 10 ms on every Linux that is met.
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn options() -> Result<Options> {
    let mut arguments = std::env::args().skip(1);
    let usage = "der DIR [--half tune|report] [--models DIR] [--write DIR] [--found FILE]";
    let clips = arguments.next().context(usage)?.into();
    let default = throughline_models::default_dir().context("the user has no cache folder")?;
    let mut options = Options { clips, tune: false, models: default, write: None, found: None };
    while let Some(name) = arguments.next() {
        let value = arguments.next().context(usage)?;
        match name.as_str() {
            "--half" => options.tune = value == "tune",
            "--models" => options.models = value.into(),
            "--write" => options.write = Some(value.into()),
            "--found" => options.found = Some(value.into()),
            _ => anyhow::bail!(usage),
        }
    }
    Ok(options)
}
