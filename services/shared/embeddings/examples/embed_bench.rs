//! Measures the embedder: texts a second, and what each session takes of memory.
//!
//! `cargo run --release -p throughline-embeddings --example embed_bench -- [FILE] [--threads N]`
//! FILE has a text a line; without it texts of some 20 words are made up. Prints one JSON object.
#![expect(clippy::print_stdout, reason = "a command")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use throughline_embeddings::Embedder;
use throughline_models::{Manifest, locate_embeddings};

const TEXTS: usize = 200;

fn main() -> anyhow::Result<()> {
    let (mut file, mut threads) = (None, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--threads" => threads = arguments.next().context("--threads N")?.parse()?,
            path => file = Some(PathBuf::from(path)),
        }
    }
    let text = file.map(std::fs::read_to_string).transpose()?.unwrap_or_else(made_up);
    let texts: Vec<&str> = text.lines().collect();
    let dir = match std::env::var_os("THROUGHLINE_MODELS") {
        Some(dir) => PathBuf::from(dir),
        None => throughline_models::default_dir().context("no home folder")?,
    };
    let model = locate_embeddings(&Manifest::embedded()?, &dir, None)?;
    let started = Instant::now();
    let embedder = Embedder::load(&model, threads)?;
    let load_seconds = started.elapsed().as_secs_f64();
    embedder.embed(&["The first run takes the memory."])?;
    let (started, cpu) = (Instant::now(), cpu_seconds());
    embedder.embed(&texts)?;
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let words = texts.iter().map(|text| text.split_whitespace().count()).sum::<usize>();
    println!(
        "{}",
        serde_json::json!({
            "texts": texts.len(),
            "words_per_text": words as f64 / texts.len() as f64,
            "threads": threads,
            "load_seconds": load_seconds,
            "texts_per_second": texts.len() as f64 / wall,
            "cpu_ms_per_text": cpu * 1e3 / texts.len() as f64,
            "peak_memory_mb": peak_memory_mb(),
        })
    );
    Ok(())
}

/// Texts that are all different, of some 20 words.
fn made_up() -> String {
    let line = |i: usize| {
        format!(
            "So in the week {i} call your team said that the audit takes {} days and the board wants a number by March.\n",
            i * 7 % 90
        )
    };
    (0..TEXTS).map(line).collect()
}

/// Processor time of this process: a loaded machine does not count.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
