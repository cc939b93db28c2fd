//! Conversations put together from clips of people who read: with pauses, turns without a pause, and overlaps. Always
//! the same for the same clips.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use throughline_voices::der::Turn;

use crate::sound::{self, RATE};

/// Conversations of each number of speakers.
const MIXES: usize = 4;
/// Length of a conversation, seconds.
const SECONDS: usize = 90;
const LEVEL: f32 = 0.06;

/// A conversation and who spoke when.
pub struct Mix {
    pub name: String,
    pub speakers: usize,
    pub samples: Vec<f32>,
    pub reference: Vec<Turn>,
}

type Clips = BTreeMap<String, Vec<Vec<f32>>>;

/// Clips by speaker: the code in the file name. Recordings of which it is not known who speaks are left out.
pub fn clips(dir: &Path) -> Result<Clips> {
    let mut clips = Clips::new();
    let mut paths: Vec<_> = std::fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let speaker = match name.split_once('_') {
            Some(("an4", rest)) => rest.split('-').nth(1).map(str::to_owned),
            Some(("ljspeech", _)) => Some("ljspeech".to_owned()),
            _ => None,
        };
        if let Some(speaker) = speaker.filter(|_| path.extension().is_some_and(|e| e == "wav")) {
            clips.entry(speaker).or_default().push(sound::read(&path)?);
        }
    }
    ensure!(clips.len() >= 8, "{} holds clips of only {} speakers", dir.display(), clips.len());
    Ok(clips)
}

/// Every other speaker: thresholds are chosen on the one half, figures are of the other.
pub fn half(clips: Clips, first: bool) -> Clips {
    clips.into_iter().enumerate().filter(|(i, _)| (i % 2 == 0) == first).map(|(_, clips)| clips).collect()
}

/// Conversations of two, three and four speakers.
pub fn all(clips: &Clips) -> Vec<Mix> {
    let names: Vec<&String> = clips.keys().collect();
    (2..=4)
        .flat_map(|count| (0..MIXES).map(move |number| (count, number)))
        .map(|(count, number)| {
            let chosen: Vec<&str> =
                (0..count).map(|i| names[(number + i * (1 + number / 3)) % names.len()].as_str()).collect();
            one(&format!("{count}-{number}"), clips, &chosen, (count * 100 + number) as u64)
        })
        .collect()
}

fn one(name: &str, clips: &Clips, speakers: &[&str], seed: u64) -> Mix {
    let mut dice = Dice(seed * 7_919 + 1);
    let mut samples = vec![0.0; SECONDS * RATE as usize];
    let mut reference = Vec::new();
    let (mut end, mut last_start, mut last) = (RATE as usize / 2, 0, usize::MAX);
    loop {
        let mut who = dice.below(speakers.len());
        if who == last && dice.below(4) > 0 {
            who = (who + 1) % speakers.len();
        }
        let own = &clips[speakers[who]];
        let clip = &own[dice.below(own.len())];
        let parts = sound::speech(clip);
        let (Some(first), Some(stop)) = (parts.first().map(|p| p.0), parts.last().map(|p| p.1)) else { continue };
        let length = stop - first;
        let start = match dice.below(10) {
            // Overlap with whoever speaks, but never with oneself.
            0..=3 if who != last && reference.len() > 1 => {
                let most = (end - last_start).min(length) / 2;
                end - most.min(RATE as usize * (4 + dice.below(16)) / 10)
            }
            // Back to back.
            0..=6 => end + RATE as usize * dice.below(10) / 100,
            _ => end + RATE as usize * (3 + dice.below(17)) / 10,
        };
        if start + length >= samples.len() {
            break;
        }
        let speech: f32 = parts.iter().flat_map(|(a, b)| &clip[*a..*b]).map(|s| s * s).sum();
        let spoken: usize = parts.iter().map(|(a, b)| b - a).sum();
        let gain = LEVEL / (speech / spoken as f32).sqrt() * 10_f32.powf((dice.below(7) as f32 - 3.0) / 20.0);
        for (to, from) in samples[start..].iter_mut().zip(&clip[first..stop]) {
            *to += from * gain;
        }
        for (a, b) in parts {
            let ms = |sample: usize| ((start + sample - first) * 1000 / RATE as usize) as u64;
            reference.push(Turn { start_ms: ms(a), end_ms: ms(b), speaker: speakers[who].to_owned() });
        }
        last_start = start;
        end = end.max(start + length);
        last = who;
    }
    Mix { name: name.to_owned(), speakers: speakers.len(), samples, reference }
}

/// Part of the speech of which two are heard at once.
pub fn overlap(reference: &[Turn]) -> f64 {
    let end = reference.iter().map(|turn| turn.end_ms).max().unwrap_or(0);
    let (mut one, mut two) = (0, 0);
    for at in (0..end).step_by(10) {
        match reference.iter().filter(|turn| turn.start_ms <= at && at < turn.end_ms).count() {
            0 => {}
            1 => one += 1,
            _ => two += 1,
        }
    }
    f64::from(two) / f64::from((one + two).max(1))
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
