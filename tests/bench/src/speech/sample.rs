//! Processor time of the embedded engine on the sample, or a folder of recordings: what `mesh` tells of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::ProgressBar;

use super::ours::{engine, transcribe};
use crate::process::cpu_time;
use crate::repository;

/// The recording that is read when none is named: two channels, a speaker each. And what is said in it.
pub const SAMPLE: &str = "samples/calls/discovery.flac";
const SAMPLE_WORDS: &str = "samples/calls/discovery.vtt";
/// Share of the words that must be recognised for the result to be right.
const WORDS_FOUND_MIN: f64 = 0.8;
/// Times a recording is read at least, as a short one says little: until this much sound was read.
const AUDIO_MIN_S: f64 = 300.0;

/// What was measured.
pub struct Speech {
    pub cpu_s: f64,
    pub audio_s: f64,
    pub words_found: Option<f64>,
}

/// Transcribes the recordings of a folder, or the sample.
pub async fn measure(models: &Path, folder: Option<&Path>) -> anyhow::Result<Speech> {
    let engine = engine(models, 1).await?;
    let files = match folder {
        Some(folder) => recordings(folder)?,
        None => vec![repository(SAMPLE)],
    };
    let bar = ProgressBar::new(files.len() as u64);
    let mut text = String::new();
    let (mut audio_ms, mut rounds) = (0, 0);
    let before = cpu_time()?;
    while rounds == 0 || (audio_ms as f64) < AUDIO_MIN_S * 1000.0 {
        bar.set_position(0);
        for path in &files {
            let (heard, ms) = transcribe(&engine, path).await.with_context(|| path.display().to_string())?;
            text.push_str(&heard);
            text.push(' ');
            audio_ms += ms;
            bar.inc(1);
        }
        rounds += 1;
    }
    let cpu_s = (cpu_time()? - before).as_secs_f64();
    bar.finish_and_clear();
    engine.stop().await;
    anyhow::ensure!(!text.trim().is_empty(), "no words were recognised");
    let words_found = match folder {
        Some(_) => None,
        None => Some(words_found(&std::fs::read_to_string(repository(SAMPLE_WORDS))?, &text)),
    };
    if let Some(found) = words_found.filter(|found| *found < WORDS_FOUND_MIN) {
        anyhow::bail!("only {:.0} % of the words were recognised", found * 100.0);
    }
    Ok(Speech { cpu_s, audio_s: audio_ms as f64 / 1000.0, words_found })
}

fn recordings(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| {
        matches!(path.extension().and_then(|e| e.to_str()), Some("wav" | "flac" | "mp3" | "ogg" | "opus" | "m4a"))
    });
    files.sort();
    anyhow::ensure!(!files.is_empty(), "{}: no recording there", folder.display());
    Ok(files)
}

/// Share of the words of captions that are in a text, each as often as it is said.
fn words_found(captions: &str, text: &str) -> f64 {
    let spoken = captions.lines().filter_map(|line| line.strip_prefix("<v ")?.split_once('>')).map(|(_, said)| said);
    let spoken: Vec<String> = spoken.flat_map(|said| words(said.trim_end_matches("</v>"))).collect();
    let mut heard: HashMap<String, usize> = HashMap::new();
    for word in words(text) {
        *heard.entry(word).or_default() += 1;
    }
    let found = spoken.iter().filter(|word| match heard.get_mut(*word) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    });
    found.count() as f64 / spoken.len().max(1) as f64
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::words_found;

    const CAPTIONS: &str = "WEBVTT\n\n1\n00:00.000 --> 00:02.000\n<v Ann Lee>Good, good morning.</v>\n";

    #[test]
    fn every_word_counts_as_often_as_it_is_said() {
        assert_eq!(words_found(CAPTIONS, "good GOOD morning Ann"), 1.0);
        assert_eq!(words_found(CAPTIONS, "Good morning"), 2.0 / 3.0);
        assert_eq!(words_found(CAPTIONS, ""), 0.0);
    }
}
