//! One window of at most ten seconds: who of up to three local speakers talks when, and what each sounds like.
//!
//! Owns: the step from scores to local speakers, and the choice of the sound that each embedding is made of. Does not
//! own: who a local speaker is in the rest of the call (see `cluster` and `online`).

use crate::embedding::Embedding;
use crate::fbank::{Fbank, Frame, LENGTH, SHIFT};
use crate::models::{Models, Scores, VoiceError};

/// Samples of a full window: ten seconds, what the segmentation was trained on.
pub const WINDOW: usize = 160_000;
/// Samples from one frame of the segmentation to the next.
pub const STEP: usize = 270;
/// Frames of a full window.
pub const FRAMES: usize = 589;
/// Samples before the part that the first frame stands for: half of what it sees beside it.
const LEAD: usize = 360;
/// Local speakers of a window.
pub const LOCALS: usize = 3;
/// The sets that the classes of the segmentation stand for, as bits.
const SETS: [u8; 7] = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110];
/// Shortest sound an embedding is made of, and the most that is used: more costs and adds little.
const MIN_FRAMES: usize = 30;
const MAX_FRAMES: usize = 400;

/// What was found in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    /// For each frame the local speakers who talk, as bits.
    pub active: Vec<u8>,
    pub speakers: [Option<Speaker>; LOCALS],
}

/// A local speaker.
#[derive(Debug, Clone, PartialEq)]
pub struct Speaker {
    pub embedding: Embedding,
    /// Seconds of sound the embedding is made of.
    pub seconds: f32,
    /// Whether nobody else talks in that sound.
    pub alone: bool,
}

/// Takes windows apart. Keeps its buffers.
#[derive(Default)]
pub struct Analyser {
    fbank: Fbank,
}

impl Analyser {
    /// What is in a window of at most [`WINDOW`] samples. Blocks for about a tenth of a second.
    pub fn analyse(&mut self, models: &Models, samples: &[f32]) -> Result<Local, VoiceError> {
        let active: Vec<u8> = match samples.len() < 2 * STEP + LEAD * 2 {
            true => Vec::new(),
            false => models.segment(samples)?.iter().map(likeliest).collect(),
        };
        let mut speakers = [const { None }; LOCALS];
        for (local, speaker) in speakers.iter_mut().enumerate() {
            *speaker = self.speaker(models, samples, &active, 1 << local)?;
        }
        Ok(Local { active, speakers })
    }

    fn speaker(
        &mut self,
        models: &Models,
        samples: &[f32],
        active: &[u8],
        bit: u8,
    ) -> Result<Option<Speaker>, VoiceError> {
        let alone = self.frames(samples, active, |set| set == bit);
        let (frames, alone) = match alone.len() >= MIN_FRAMES {
            true => (alone, true),
            false => (self.frames(samples, active, |set| set & bit != 0), false),
        };
        if frames.len() < MIN_FRAMES {
            return Ok(None);
        }
        let seconds = (frames.len() * SHIFT) as f32 / crate::SAMPLE_RATE_HZ as f32;
        Ok(models.embed(&frames)?.map(|embedding| Speaker { embedding, seconds, alone }))
    }

    /// The bands of the sound whose frames of segmentation are wanted, spread over the window if there is too much.
    fn frames(&mut self, samples: &[f32], active: &[u8], wanted: impl Fn(u8) -> bool) -> Vec<Frame> {
        let starts: Vec<usize> = (0..Fbank::frames(samples.len()))
            .map(|frame| frame * SHIFT)
            .filter(|start| active.get(frame_at(start + LENGTH / 2)).is_some_and(|set| wanted(*set)))
            .collect();
        // From the middle: what is near the edges of a window is what the segmentation is least sure of.
        let spare = starts.len().saturating_sub(MAX_FRAMES);
        let chosen = starts.get(spare / 2..starts.len() - (spare - spare / 2)).unwrap_or_default();
        chosen.iter().map(|start| self.fbank.frame(samples.get(*start..).unwrap_or_default())).collect()
    }
}

/// The frame of the segmentation that stands for a sample of the window.
pub fn frame_at(sample: usize) -> usize {
    (sample.saturating_sub(LEAD) / STEP).min(FRAMES - 1)
}

/// The first sample that a frame stands for.
pub fn sample_of(frame: usize) -> usize {
    if frame == 0 { 0 } else { frame * STEP + LEAD }
}

fn likeliest(scores: &Scores) -> u8 {
    let best = scores.iter().zip(SETS).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map_or(0, |(_, set)| set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_of_a_window_has_its_frame() {
        assert_eq!((frame_at(0), frame_at(LEAD + STEP), frame_at(WINDOW)), (0, 1, FRAMES - 1));
        for frame in 1..FRAMES {
            assert_eq!(frame_at(sample_of(frame)), frame);
        }
    }

    #[test]
    fn the_likeliest_set_of_speakers_wins() {
        assert_eq!(likeliest(&[0.1, 0.2, 0.0, 0.0, 0.9, 0.0, 0.0]), 0b011);
        assert_eq!(likeliest(&[0.9, 0.2, 0.0, 0.0, 0.3, 0.0, 0.0]), 0);
    }
}
